//! Builds the explorer, the page at `/graphiql`, where npm is there, and makes its files a table that the server includes.
//!
//! The page is a convenience: whatever goes wrong here is a warning, and the gateway serves a plain page in its place.
//! `SOCIETY_GATEWAY_SKIP_EXPLORER=1` does without npm. The files are built once in `explorer/dist`, for all profiles.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Set to anything but 0: the explorer is left out.
const SKIP: &str = "SOCIETY_GATEWAY_SKIP_EXPLORER";
/// What the page is built from.
const SOURCES: [&str; 5] = ["index.html", "package.json", "package-lock.json", "src", "vite.config.js"];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SKIP}");
    SOURCES.iter().for_each(|source| println!("cargo::rerun-if-changed=explorer/{source}"));

    let page = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("explorer");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let built = if std::env::var(SKIP).is_ok_and(|set| set != "0") { Ok(false) } else { build(&page) };
    if let Err(error) = &built {
        println!("cargo::warning=/graphiql will be a plain page: {error}. Afterwards: touch build.rs");
    }
    let files =
        if matches!(built, Ok(true)) { keep(&page.join("dist"), &out.join("explorer"))? } else { Vec::new() };
    fs::write(out.join("explorer.rs"), table(&files)?)?;
    Ok(())
}

/// Brings `dist` up to date. Says whether there is something to embed.
fn build(page: &Path) -> Outcome<bool> {
    // Builds of two profiles may run at a time.
    let lock = File::create(page.join(".lock"))?;
    lock.lock()?;
    if is_newer(&page.join("dist/index.html.gz"), page, &SOURCES)? {
        return Ok(true);
    }
    if !is_newer(&page.join("node_modules/.package-lock.json"), page, &["package-lock.json"])? {
        // Only what the build needs. Nothing of the packages runs while they are installed.
        npm(page, &["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"])?;
    }
    npm(page, &["run", "build"])?;
    Ok(true)
}

fn npm(page: &Path, arguments: &[&str]) -> Outcome<()> {
    let ran = Command::new("npm").args(arguments).current_dir(page).output();
    let ran = ran.map_err(|error| format!("npm does not run ({error}); install Node.js 20.19 or later"))?;
    if ran.status.success() {
        return Ok(());
    }
    let said =
        String::from_utf8_lossy(if ran.stderr.is_empty() { &ran.stdout } else { &ran.stderr }).into_owned();
    let why: Vec<_> = said.lines().map(str::trim).filter(|line| line.contains("rror")).take(2).collect();
    Err(format!("npm {} failed: {}", arguments[0], why.join(" ")).into())
}

/// Whether a file is there, and none of the others changed after it.
fn is_newer(file: &Path, folder: &Path, others: &[&str]) -> Outcome<bool> {
    let Ok(made) = fs::metadata(file).and_then(|about| about.modified()) else { return Ok(false) };
    for other in others {
        if changed(&folder.join(other))? > made {
            return Ok(false);
        }
    }
    Ok(true)
}

/// When a file, or the youngest file of a folder, changed.
fn changed(path: &Path) -> Outcome<SystemTime> {
    let mut youngest = fs::metadata(path)?.modified()?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            youngest = youngest.max(changed(&entry?.path())?);
        }
    }
    Ok(youngest)
}

/// Copies the compressed files, so that they are there as long as this build is. Their addresses below `/graphiql/`.
fn keep(dist: &Path, kept: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let _ = fs::remove_dir_all(kept);
    fs::create_dir_all(kept.join("assets"))?;
    let mut files = Vec::new();
    for folder in ["", "assets"] {
        for entry in fs::read_dir(dist.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| "a file without a name")?;
            let Some(plain) = name.strip_suffix(".gz") else { continue };
            let copy = kept.join(folder).join(&name);
            fs::copy(entry.path(), &copy)?;
            let address = if folder.is_empty() { plain.to_owned() } else { format!("{folder}/{plain}") };
            files.push((address, copy));
        }
    }
    files.sort();
    Ok(files)
}

/// The table as Rust: addresses in their order, each with its compressed content.
fn table(files: &[(String, PathBuf)]) -> Outcome<String> {
    let mut text = "[".to_owned();
    for (address, file) in files {
        write!(text, "\n    ({address:?}, include_bytes!({file:?}).as_slice()),")?;
    }
    text.push_str("\n]\n");
    Ok(text)
}
