//! The claim on a data folder: one running gateway per folder.
//!
//! The system drops the lock with the process, however that ends, so a killed gateway never blocks the next start. The
//! file is closed on exec and released by name on drop, so no server started from here can keep it.

use std::fs::File;
use std::fs::TryLockError;
use std::io::{Read, Write};
use std::path::Path;

use super::EmbeddedError;

/// Held while a gateway uses its data folder.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Locks `gateway.lock` of the folder and writes this process's id into it; fails with `InUse` when it is taken.
    pub(super) fn take(data_dir: &Path) -> Result<Lock, EmbeddedError> {
        let path = data_dir.join("gateway.lock");
        let failed = |cause| EmbeddedError::folder(&path, cause);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;

        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed)?;
                return Err(EmbeddedError::InUse {
                    pid: pid.trim().parse().ok(),
                    data_dir: data_dir.to_owned(),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }

        // Padded, so that it covers whatever id an earlier gateway has left.
        writeln!(file, "{:<10}", std::process::id()).map_err(failed)?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would not do while a process that is just being started still shares the file.
        if let Err(cause) = self.file.unlock() {
            tracing::warn!(%cause, "the claim on the data folder could not be released");
        }
    }
}
