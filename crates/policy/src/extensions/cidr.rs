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

/// A network, or an address as a network of its own. Bits behind the prefix are cut off.
fn member(value: &Value) -> Result<IpNet, &'static str> {
    let Value::String(text) = value else { return Err("a network must be a string") };
    match text.parse::<IpNet>() {
        Ok(network) => Ok(network.trunc()),
        Err(_) => text.parse::<IpAddr>().map(IpNet::from).map_err(|_| "no network and no address"),
    }
}
