//! The helper's side of the talk with the program.

use std::fs::File;
use std::io::{self, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;

use rustix::fs::MemfdFlags;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::wire::{self, Spec, Word};

/// The socket that was standard input.
#[derive(Debug)]
pub(super) struct Control {
    stream: UnixStream,
}

impl Control {
    /// Closes every other inherited descriptor, moves the socket away from standard input and puts
    /// `/dev/null` there.
    pub(super) fn take() -> io::Result<Self> {
        rustix::net::sockopt::socket_type(rustix::stdio::stdin())?;
        close_range(3, 0)?;
        let stream = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
        rustix::stdio::dup2_stdin(null()?)?;
        Ok(Self { stream })
    }

    /// What to run, and its standard input: a file positioned at its start, or what the program handed over.
    pub(super) fn receive(&mut self) -> io::Result<(Spec, File)> {
        let spec: Spec = serde_json::from_slice(&wire::read_block(&mut self.stream)?)?;
        let stdin = wire::read_block(&mut self.stream)?;
        if spec.stdin_follows {
            return Ok((spec, self.receive_descriptor()?));
        }
        if stdin.is_empty() {
            return Ok((spec, null()?));
        }
        // A file in memory: the command reads it when it likes, and nobody has to keep feeding a pipe.
        let mut file = File::from(rustix::fs::memfd_create("stdin", MemfdFlags::CLOEXEC)?);
        file.write_all(&stdin)?;
        file.rewind()?;
        Ok((spec, file))
    }

    fn receive_descriptor(&self) -> io::Result<File> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        recvmsg(&self.stream, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
        let descriptor = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        descriptor.map(File::from).ok_or_else(|| io::Error::other("no standard input came"))
    }

    /// Best effort: when nobody listens any more, everything ends anyway.
    pub(super) fn say(&mut self, word: &Word) {
        if let Ok(mut line) = serde_json::to_vec(word) {
            line.push(b'\n');
            let _ = self.stream.write_all(&line);
        }
    }

    /// After something is to be read: whether the program closed its side.
    pub(super) fn is_over(&mut self) -> bool {
        !matches!(self.stream.read(&mut [0]), Ok(1..))
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Lets go of the command's output pipes, so that their end is seen when the command's own copies close.
pub(super) fn release_output() -> io::Result<()> {
    rustix::stdio::dup2_stdout(null()?)?;
    Ok(rustix::stdio::dup2_stderr(null()?)?)
}

fn null() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/null")
}

/// `flags`: 0 closes every descriptor from `first` on; `CLOSE_RANGE_CLOEXEC` does at exec.
pub(super) fn close_range(first: RawFd, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: closes descriptors by number; callers own none of them yet, or ask for close at exec only.
    match unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
