//! What an address is: the open internet, somebody's own network, or nothing a request should ever meet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Ordered: what is worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Public,
    /// This machine or a network that is not the internet.
    Private(&'static str),
    /// Credentials of a cloud machine, or no address of one machine at all.
    Never(&'static str),
}

/// The kind of an address, looking through every form that carries an IPv4 address inside an IPv6 one.
pub(crate) fn kind(address: IpAddr) -> Kind {
    match address.to_canonical() {
        IpAddr::V4(v4) => of_v4(v4),
        IpAddr::V6(v6) => of_v6(v6),
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, third: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0), prefix)
}

const METADATA: &str = "the metadata service of a cloud, which hands out credentials";
const LINK_LOCAL: &str = "link-local, where clouds keep their metadata services";
const THIS_MACHINE: &str = "this machine";
const OWN_NETWORK: &str = "a private network";
const DOCUMENTATION: &str = "reserved for documentation";
const MULTICAST: &str = "multicast";
const RESERVED: &str = "reserved and reaches no public server";

/// The first that contains an address decides. The services' own addresses come before the ranges around them.
const V4: [(Ipv4Net, Kind); 22] = [
    (v4(100, 100, 100, 200, 32), Kind::Never(METADATA)),
    (v4(168, 63, 129, 16, 32), Kind::Never(METADATA)),
    (v4(192, 0, 0, 192, 32), Kind::Never(METADATA)),
    (v4(169, 254, 0, 0, 16), Kind::Never(LINK_LOCAL)),
    (v4(0, 0, 0, 0, 8), Kind::Never("no address, which systems take for this machine")),
    (v4(127, 0, 0, 0, 8), Kind::Private(THIS_MACHINE)),
    (v4(10, 0, 0, 0, 8), Kind::Private(OWN_NETWORK)),
    (v4(172, 16, 0, 0, 12), Kind::Private(OWN_NETWORK)),
    (v4(192, 168, 0, 0, 16), Kind::Private(OWN_NETWORK)),
    (v4(100, 64, 0, 0, 10), Kind::Private("a provider's or overlay network")),
    (v4(198, 18, 0, 0, 15), Kind::Private("a network for measurements")),
    // Anycast of the IETF that is meant for everybody.
    (v4(192, 0, 0, 9, 32), Kind::Public),
    (v4(192, 0, 0, 10, 32), Kind::Public),
    (v4(192, 0, 0, 0, 24), Kind::Never(RESERVED)),
    (v4(192, 0, 2, 0, 24), Kind::Never(DOCUMENTATION)),
    (v4(198, 51, 100, 0, 24), Kind::Never(DOCUMENTATION)),
    (v4(203, 0, 113, 0, 24), Kind::Never(DOCUMENTATION)),
    (v4(192, 88, 99, 0, 24), Kind::Never("a relay of 6to4, which is no more")),
    (v4(224, 0, 0, 0, 4), Kind::Never(MULTICAST)),
    (v4(255, 255, 255, 255, 32), Kind::Never("broadcast")),
    (v4(240, 0, 0, 0, 4), Kind::Never(RESERVED)),
    (v4(0, 0, 0, 0, 0), Kind::Public),
];

/// As above, for what carries no IPv4 address. The last line is a refusal: of IPv6, only 2000::/3 is in use.
const V6: [(Ipv6Net, Kind); 16] = [
    (v6(0xfd00, 0x0ec2, 0, 32), Kind::Never(METADATA)),
    (v6(0xfd20, 0x00ce, 0, 32), Kind::Never(METADATA)),
    (v6(0xfe80, 0, 0, 10), Kind::Never(LINK_LOCAL)),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), Kind::Private(THIS_MACHINE)),
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), Kind::Never("no address")),
    (v6(0xfc00, 0, 0, 7), Kind::Private(OWN_NETWORK)),
    (v6(0xfec0, 0, 0, 10), Kind::Private(OWN_NETWORK)),
    (v6(0xff00, 0, 0, 8), Kind::Never(MULTICAST)),
    // Where the IPv4 address lies depends on the length of a prefix that only that network knows.
    (v6(0x0064, 0xff9b, 0x0001, 48), Kind::Never("a NAT64 prefix of somebody's own network")),
    (v6(0x2001, 0, 0, 32), Kind::Never("a Teredo tunnel, which hides another address")),
    (v6(0x2001, 0x0db8, 0, 32), Kind::Never(DOCUMENTATION)),
    (v6(0x3fff, 0, 0, 20), Kind::Never(DOCUMENTATION)),
    (v6(0x2001, 0x0004, 0x0112, 48), Kind::Public),
    (v6(0x2001, 0, 0, 23), Kind::Never(RESERVED)),
    (v6(0x2000, 0, 0, 3), Kind::Public),
    (v6(0, 0, 0, 0), Kind::Never(RESERVED)),
];

fn of_v4(address: Ipv4Addr) -> Kind {
    first(&V4, |net| net.contains(&address))
}

fn of_v6(address: Ipv6Addr) -> Kind {
    match embedded(address) {
        Some(Embedded::Stands(inner)) => of_v4(inner),
        // Its own prefix counts as well: the worse of the two.
        Some(Embedded::Beside(inner)) => of_v4(inner).max(plain_v6(address)),
        None => plain_v6(address),
    }
}

fn plain_v6(address: Ipv6Addr) -> Kind {
    first(&V6, |net| net.contains(&address))
}

fn first<N>(table: &[(N, Kind)], contains: impl Fn(&N) -> bool) -> Kind {
    table.iter().find(|(net, _)| contains(net)).map_or(Kind::Never(RESERVED), |(_, kind)| *kind)
}

/// An IPv4 address inside an IPv6 one.
enum Embedded {
    /// All the rest of the address says is how to get there.
    Stands(Ipv4Addr),
    /// Beside a prefix of its own.
    Beside(Ipv4Addr),
}

fn embedded(address: Ipv6Addr) -> Option<Embedded> {
    let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // `::` and `::1` are what they are.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Compatible, mapped, translated, NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(Embedded::Stands(inner(high, low))),
        // 6to4.
        [0x2002, high, low, ..] => Some(Embedded::Beside(inner(high, low))),
        // ISATAP.
        [.., 0 | 0x200, 0x5efe, high, low] => Some(Embedded::Beside(inner(high, low))),
        _ => None,
    }
}

/// Whether an entry stands for one address and no more.
pub(crate) fn is_exact(net: &IpNet) -> bool {
    net.prefix_len() == net.max_prefix_len()
}
