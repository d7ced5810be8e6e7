//! Keeps the client from addresses written into a URL.
//!
//! The client asks its resolver about names only and connects to a literal address straight away. What it does
//! ask for every request is whether a proxy stands before the target, so that is where forbidden literals are
//! caught: they are sent to a proxy whose name cannot exist, and which our resolver refuses with the reason.

use std::net::{IpAddr, Ipv6Addr};

use reqwest::Proxy;
use url::{Host, Url};

use crate::rules::Rules;

/// Under `.invalid`, which is nobody's. Before it stand the 128 bits of the refused address.
const SUFFIX: &str = ".refused-by-outbound.invalid";

pub(crate) fn proxy(rules: Rules) -> Proxy {
    Proxy::custom(move |url| {
        let address = literal(url)?;
        rules.check_address(address).err()?;
        let IpAddr::V6(bits) = to_v6(address) else { return None };
        Some(format!("http://{:032x}{SUFFIX}", bits.to_bits()))
    })
}

/// The refused address, when a name is one of ours.
pub(crate) fn refused(name: &str) -> Option<IpAddr> {
    let bits = u128::from_str_radix(name.strip_suffix(SUFFIX)?, 16).unwrap_or_default();
    Some(IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical())
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn to_v6(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(_) => address,
    }
}
