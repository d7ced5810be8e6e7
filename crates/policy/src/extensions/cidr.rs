//! `net.cidr_merge` and `net.cidr_intersects`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use regorus::Value;

use super::{Made, text};

/// The fewest networks that cover the same addresses.
pub(super) fn merge(arguments: &[Value]) -> Made {
    let networks: Vec<IpNet> = match arguments.first() {
        Some(Value::Array(members)) => members.iter().map(member).collect::<Result<_, _>>()?,
        Some(Value::Set(members)) => members.iter().map(member).collect::<Result<_, _>>()?,
        _ => return Err("the networks must be an array or a set"),
    };
    let merged: BTreeSet<Value> =
        IpNet::aggregate(&networks).iter().map(|network| Value::from(network.to_string())).collect();
    Ok(Value::from(merged))
}

pub(super) fn intersects(arguments: &[Value]) -> Made {
    let network = |index| -> Result<IpNet, &'static str> {
        text(arguments, index)?.parse::<IpNet>().map_err(|_| "no network")
    };
    let (one, other) = (network(0)?, network(1)?);
    Ok(Value::from(one.contains(&other.network()) || other.contains(&one.network())))
}

/// A network, bits behind its prefix cut off. An address alone stands for the network of its old class, as it does in
/// OPA; one of IPv6 has none.
fn member(value: &Value) -> Result<IpNet, &'static str> {
    let Value::String(text) = value else { return Err("a network must be a string") };
    let network = match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address @ IpAddr::V4(v4)) => {
            let prefix = match v4.octets()[0] {
                0..128 => 8,
                128..192 => 16,
                192..224 => 24,
                _ => return Err("the address belongs to no class"),
            };
            IpNet::new(address, prefix).map_err(|_| "no network")?
        }
        Ok(IpAddr::V6(_)) => return Err("an address of IPv6 needs its prefix"),
        Err(_) => text.parse::<IpNet>().map_err(|_| "no network and no address")?,
    };
    Ok(canonical(network.trunc()))
}

/// IPv4 written as IPv6 is IPv4.
fn canonical(network: IpNet) -> IpNet {
    match (network, network.addr().to_canonical()) {
        (IpNet::V6(v6), address @ IpAddr::V4(_)) if v6.prefix_len() >= 96 => {
            IpNet::new(address, v6.prefix_len() - 96).unwrap_or(network)
        }
        _ => network,
    }
}
