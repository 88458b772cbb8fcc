//! How many statements one request sends: counted by a gateway inside of the bench, which has no other requests.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use society_gateway::app::App;
use society_gateway::config::Config;
use society_gateway::db::Pool;
use society_gateway::graphql;
use society_gateway::request::{Face, Loaders, PageLimits, Scope, authenticate};
use society_gateway::values::Clock;

use crate::people::{People, Person, SECRET};
use crate::report::Statements;
use crate::scenario::Scenario;
use crate::seed::Size;
use crate::{Error, Result};

/// Asks once in the name of each kind of payer.
pub async fn of(scenario: &Scenario, database: &str, size: Size, people: &People) -> Result<Statements> {
    let asking = people.asking(scenario.askers, 64);
    scenario.prepare(database, size, &asking).await?;
    let payer = |from_wallet| asking.people().iter().find(|person| person.pays_from_wallet() == from_wallet);
    let payers = [payer(true), payer(false)];
    let mut mean = Statements { gateway: 0.0, floor: 0.0 };
    for person in payers.iter().flatten() {
        mean.gateway += 0.5 * sent(scenario, database, person).await? as f64;
        mean.floor += 0.5 * scenario.floor.statements(person) as f64;
    }
    Ok(mean)
}
