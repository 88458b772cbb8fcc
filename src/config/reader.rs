//! One setting after the other, from text; every one that cannot be used is told together.

use std::fmt;

/// A setting that cannot be used: its name, what it says, what is expected.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    name: &'static str,
    value: Option<String>,
    expected: String,
}

/// All settings that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<Misfit>);

#[cfg(test)]
impl ConfigError {
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|misfit| misfit.name)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} cannot be used:", if self.0.len() == 1 { "One setting" } else { "These settings" })?;
        for Misfit { name, value, expected } in &self.0 {
            match value {
                // A secret that is almost right must not end up in a log; addresses hold passwords.
                Some(_) if is_secret(name) => writeln!(f, "  {name}=…: expected {expected}")?,
                Some(value) => writeln!(f, "  {name}={value}: expected {expected}")?,
                None => writeln!(f, "  {name} is not set: expected {expected}")?,
            }
        }
        write!(f, "`society-gateway --help` lists every setting.")
    }
}

impl std::error::Error for ConfigError {}

fn is_secret(name: &str) -> bool {
    name.contains("SECRET") || name.ends_with("TOKEN") || name.ends_with("KEY") || name == "REDIS_URL"
}

/// Reads settings, and notes those that are wrong.
pub(super) struct Reader<'a> {
    look_up: &'a dyn Fn(&str) -> Option<String>,
    misfits: Vec<Misfit>,
}

impl Reader<'_> {
    pub(super) fn new(look_up: &dyn Fn(&str) -> Option<String>) -> Reader<'_> {
        Reader { look_up, misfits: Vec::new() }
    }

    /// The configuration, unless something was wrong.
    pub(super) fn done<T>(self, config: T) -> Result<T, ConfigError> {
        if self.misfits.is_empty() { Ok(config) } else { Err(ConfigError(self.misfits)) }
    }

    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        (self.look_up)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The parsed value, or the default when the setting is absent or wrong (a wrong one is noted).
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        default: T,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(value) = self.text(name) else { return default };
        parse(&value).unwrap_or_else(|| {
            self.refuse(name, Some(value), expected);
            default
        })
    }

    /// Notes a setting that something else needs. One that is there but wrong was noted when it was read.
    pub(super) fn ask_for(&mut self, name: &'static str, is_there: bool, expected: &str) {
        if !is_there && self.text(name).is_none() {
            self.refuse(name, None, expected);
        }
    }

    /// A switch.
    pub(super) fn on_or_off(&mut self, name: &'static str, default: bool) -> bool {
        self.read(name, default, "on or off", |text| match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    }

    pub(super) fn refuse(&mut self, name: &'static str, value: Option<String>, expected: &str) {
        self.misfits.push(Misfit { name, value, expected: expected.to_owned() });
    }
}

/// Comma-separated values.
pub(super) fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(|part| parse(part.trim())).collect()
}

/// A number within bounds.
pub(super) fn number_in(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| range.contains(number))
}
