//! Ways to talk to somebody.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};

use super::{Situation, check};

pub fn tcp(at: &Situation) -> io::Result<()> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, at.tcp_port)).map(drop)
}

pub fn udp(at: &Situation) -> io::Result<()> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.send_to(b"x", (Ipv4Addr::LOCALHOST, at.udp_port)).map(drop)
}

pub fn listen(_: &Situation) -> io::Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map(drop)
}

pub fn ask_for_a_name(_: &Situation) -> io::Result<()> {
    ("example.org", 80).to_socket_addrs().map(drop)
}

pub fn abstract_socket(at: &Situation) -> io::Result<()> {
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(&at.abstract_socket)?).map(drop)
}

pub fn socket_outside(at: &Situation) -> io::Result<()> {
    UnixStream::connect(at.outside.join("socket")).map(drop)
}

/// Needs no call to `socket`.
pub fn datagram_pair(at: &Situation) -> io::Result<()> {
    let (one, _other) = UnixDatagram::pair()?;
    match one.send_to(b"x", at.outside.join("socket")) {
        // It is there, only of another type.
        Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) => Ok(()),
        other => other.map(drop),
    }
}

pub fn raw(_: &Situation) -> io::Result<()> {
    socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)
}

pub fn packet(_: &Situation) -> io::Result<()> {
    socket(libc::AF_PACKET, libc::SOCK_RAW, 0)
}

pub fn vsock(_: &Situation) -> io::Result<()> {
    socket(libc::AF_VSOCK, libc::SOCK_STREAM, 0)
}

pub fn netlink(_: &Situation) -> io::Result<()> {
    socket(libc::AF_NETLINK, libc::SOCK_RAW, 0)
}

fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<()> {
    // SAFETY: makes a socket.
    check(unsafe { libc::socket(family, kind, protocol) })
}
