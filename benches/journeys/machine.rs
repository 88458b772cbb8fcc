//! Whose time the cores spend. A ratio is fair on a quiet machine only: the bare client keeps as many processes of the
//! database busy as it has connections, the gateway few, so that busy neighbours take more from the gateway.

use std::time::Duration;

/// Linux counts time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// The processes of this run: the bench itself, the gateway, the database.
pub struct Machine {
    gateway: u32,
    postmaster: u32,
}

/// The time spent so far, in ticks.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    busy: u64,
    idle: u64,
    ours: u64,
}

impl Machine {
    /// A machine that runs these two.
    pub fn new(gateway: u32, postmaster: u32) -> Machine {
        Machine { gateway, postmaster }
    }

    /// Where the system tells.
    pub fn spent(&self) -> Option<Spent> {
        let stat = std::fs::read_to_string("/proc/stat").ok()?;
        let line = stat.lines().next()?.split_whitespace().skip(1).take(8);
        // user, nice, system, idle, waiting for a disk, interrupts (two kinds), taken by other machines
        let ticks: Vec<u64> = line.filter_map(|tick| tick.parse().ok()).collect();
        let idle = ticks.get(3)? + ticks.get(4)?;
        Some(Spent { busy: ticks.iter().sum::<u64>() - idle, idle, ours: self.ours()? })
    }

    fn ours(&self) -> Option<u64> {
        let mut ours = 0;
        for entry in std::fs::read_dir("/proc").ok()?.flatten() {
            let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let Some(stat) = Stat::of(process) else { continue };
            if process == self.postmaster {
                ours += stat.ticks + stat.ticks_of_ended;
            } else if stat.parent == self.postmaster || [self.gateway, std::process::id()].contains(&process)
            {
                ours += stat.ticks;
            }
        }
        Some(ours)
    }
}

impl Spent {
    /// The share of the cores' time since then that went to others, in percent.
    pub fn by_others_since(&self, before: &Spent) -> f64 {
        let all = (self.busy + self.idle).saturating_sub(before.busy + before.idle);
        let (busy, ours) = (self.busy.saturating_sub(before.busy), self.ours.saturating_sub(before.ours));
        100.0 * busy.saturating_sub(ours) as f64 / all.max(1) as f64
    }
}

/// The time that a process has spent on a core, where the system tells.
pub fn cpu(process: u32) -> Option<Duration> {
    Some(TICK * u32::try_from(Stat::of(process)?.ticks).ok()?)
}

struct Stat {
    parent: u32,
    ticks: u64,
    /// Of its children that ended.
    ticks_of_ended: u64,
}

impl Stat {
    fn of(process: u32) -> Option<Stat> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name before the last bracket may hold anything. Behind it: the state, the parent, …
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: Option<Vec<u64>> = fields.get(11..15)?.iter().map(|field| field.parse().ok()).collect();
        let [user, system, user_of_ended, system_of_ended] = ticks?.try_into().ok()?;
        let parent = fields.get(1)?.parse().ok()?;
        Some(Stat { parent, ticks: user + system, ticks_of_ended: user_of_ended + system_of_ended })
    }
}
