//! Everything that can go wrong with a call, in sentences that tell a model what to do next.

use rustix::io::Errno;

use crate::path::RelPath;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    #[error("There is no tool `{name}`. {hint}")]
    UnknownTool { name: String, hint: String },
    #[error("The arguments of {tool} do not fit its schema: {problems}")]
    Arguments { tool: &'static str, problems: String },

    #[error("The path is empty; write `.` for the workspace itself.")]
    EmptyPath,
    #[error("The path holds a NUL character, which no file name can.")]
    NulInPath,
    #[error("The path is {0} bytes long; no path may be longer than 4095.")]
    LongPath(usize),
    #[error(
        "{0} holds `..`. Write the path from the workspace's root, without `..`; nothing outside the workspace can be reached."
    )]
    DotDot(String),
    #[error("{0} is outside the workspace. Write paths relative to the workspace's root.")]
    Outside(String),
    #[error(
        "{0} leads out of the workspace, through a symbolic link or a mounted file system, and is not followed."
    )]
    LeadsOut(String),
    #[error(
        "{0} goes through a symbolic link that leads in a circle or is one of the kernel's own; it is not followed."
    )]
    BadLink(String),
    #[error(
        "{path} is a symbolic link to {target}. Writing does not go through links; name the file it stands for."
    )]
    WriteThroughLink { path: String, target: String },
    #[error(
        "{path} has {links} hard links, and the others may lie outside the workspace, so it is not read. A copy of it can be; \
         or a person adds the name of its folder to `hard_link_folders` in [toolbox]."
    )]
    HardLinked { path: String, links: u64 },

    #[error("{path} does not exist.{hint}")]
    NotFound { path: String, hint: String },
    #[error("{0} is a folder, not a file.")]
    IsFolder(String),
    #[error("{0} is not a folder.")]
    NotFolder(String),
    #[error("{path} is a {kind}, not a file, and is not opened.")]
    Special { path: String, kind: &'static str },
    #[error("{0} is read-only; a person can change its permissions.")]
    ReadOnly(String),
    #[error("{0} may not be opened: permission denied.")]
    Denied(String),
    #[error("{0}: the name is too long for the file system.")]
    LongName(String),
    #[error("{0} keeps changing while it is looked at; try again.")]
    Restless(String),
    #[error("{0}: the disk is full (or over quota). Nothing was changed; free some space and try again.")]
    DiskFull(String),
    #[error("{0}: the file system is mounted read-only.")]
    ReadOnlyFileSystem(String),
    #[error("{path}: {error}")]
    Io { path: String, error: std::io::Error },
    #[error(
        "The workspace {0} is gone: it was removed, renamed or replaced since it was opened. Nothing was done. \
         A person has to put it back or start again with another folder."
    )]
    WorkspaceGone(String),

    #[error(
        "{path} has {bytes} bytes, more than the {max} that {what}. A person can raise `{setting}` in [toolbox]."
    )]
    TooLarge { path: String, bytes: u64, max: u64, what: &'static str, setting: &'static str },
    #[error("{path} is a binary file ({mime}), which cannot be edited as text.")]
    BinaryEdit { path: String, mime: String },
    #[error(
        "{path} has bytes that are not valid {encoding}; editing it as text would damage them. Use run_command."
    )]
    LossyEdit { path: String, encoding: &'static str },
    #[error(
        "{path} is written in {encoding}, which has no {character:?}. Write it in another way, or rewrite the whole file with write_file."
    )]
    Unencodable { path: String, encoding: &'static str, character: char },
    #[error("old_text does not occur in {path}.{hint}")]
    NoMatch { path: String, hint: String },
    #[error(
        "old_text occurs {count} times in {path}, at lines {lines}. Add lines around it until it occurs once, or set replace_all."
    )]
    Ambiguous { path: String, count: usize, lines: String },
    #[error("old_text and new_text are the same: there is nothing to change.")]
    NothingToChange,
    #[error("{0} changed while it was being edited; read it again.")]
    ChangedMeanwhile(String),

    #[error("{path} is a folder with {entries} in it; set recursive to delete it and everything in it.")]
    NeedsRecursive { path: String, entries: String },
    #[error("The workspace itself cannot be deleted.")]
    DeleteRoot,
    #[error("{what} Deleted before that: {deleted}.")]
    PartlyDeleted { what: String, deleted: String },
    #[error("{path} is nested more than {max} folders deep.")]
    TooDeep { path: String, max: usize },

    #[error(
        "The pattern is not a regular expression: {error}. Set literal to search for it as it stands, or use glob to select files by name."
    )]
    BadPattern { error: String },
    #[error("The glob {glob:?} is not valid: {error}")]
    BadGlob { glob: String, error: String },

    #[error("{0}")]
    Command(String),
    #[error(transparent)]
    Fence(#[from] fence::FenceError),
    #[error("The call was stopped.")]
    Stopped,
    #[error("The tool failed inside: {0}. This is a defect of Bailiwick.")]
    Defect(String),
}

impl ToolError {
    /// What an error of the system means for the path it happened at.
    pub(crate) fn at(path: &RelPath, errno: impl Into<std::io::Error>) -> Self {
        Self::at_text(path.to_string(), errno)
    }

    pub(crate) fn at_text(path: String, error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        match Errno::from_io_error(&error) {
            Some(Errno::NOENT) => Self::NotFound { path, hint: String::new() },
            Some(Errno::XDEV) => Self::LeadsOut(path),
            Some(Errno::LOOP) => Self::BadLink(path),
            Some(Errno::ISDIR) => Self::IsFolder(path),
            Some(Errno::NOTDIR) => Self::NotFolder(path),
            Some(Errno::ACCESS | Errno::PERM) => Self::Denied(path),
            Some(Errno::NAMETOOLONG) => Self::LongName(path),
            Some(Errno::AGAIN) => Self::Restless(path),
            Some(Errno::NOSPC | Errno::DQUOT) => Self::DiskFull(path),
            Some(Errno::ROFS) => Self::ReadOnlyFileSystem(path),
            // A socket, or a device without a driver.
            Some(Errno::NXIO | Errno::NODEV) => Self::Special { path, kind: "socket or device" },
            _ => Self::Io { path, error },
        }
    }
}
