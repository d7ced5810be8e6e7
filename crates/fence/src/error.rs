#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    #[error("{0}")]
    BelowFloor(String),
    #[error(
        "the program {0:?} was not found in the fence; if it is installed elsewhere, see `read_only_paths` in [fence], or grant a server its folder"
    )]
    ProgramNotFound(String),
    #[error("the fence could not be set up, so nothing ran: {0}")]
    SetUp(String),
    #[error("the command could not be watched: {0}")]
    Io(#[from] std::io::Error),
}
