//! The staff: shops that are checked, people who are looked up, wallets that are put right, promotions; and the log of it.

mod log;
mod people;
mod promotions;
mod shops;
mod wallets;

use serde_json::{Value, json};
use society_gateway::app::Role;
use society_gateway::values::ShopId;

use crate::harness::{Answer, Person, TestApp};

const LOG: &str = "query($filter: StaffActionFilter, $first: Int, $after: String) {
    staffActions(filter: $filter, first: $first, after: $after) {
        nodes { action targetKind targetId reason detail actor { name } } pageInfo { hasNextPage endCursor } } }";

struct Desk {
    app: TestApp,
    staff: Person,
    admin: Person,
    consumer: Person,
    vendor: Person,
    shop: ShopId,
}

impl Desk {
    async fn begin() -> Desk {
        Desk::on(TestApp::start().await).await
    }

    async fn on(app: TestApp) -> Desk {
        let staff = app.person("Staff", Some(Role::Staff), "Green Meadows").await;
        let admin = app.person("Admin", Some(Role::Admin), "Green Meadows").await;
        let consumer = app.consumer("First").await;
        let (shop, vendor) = app.shop("Fresh Basket").await;
        Desk { app, staff, admin, consumer, vendor, shop }
    }

    /// The data of a call that must have worked, with the operation's own part only.
    async fn run(&self, who: &Person, document: &str, variables: Value) -> Value {
        let data = self.app.graphql(who, document, variables).await.ok();
        data.as_object().unwrap().values().next().unwrap().clone()
    }

    async fn log(&self, filter: Value) -> Vec<Value> {
        let log = self.run(&self.staff, LOG, json!({"filter": filter})).await;
        log["nodes"].as_array().unwrap().clone()
    }

    /// The log as pairs of an act and what it changed, newest first.
    async fn acts(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        self.log(json!({})).await.iter().map(|act| (text(&act["action"]), text(&act["detail"]))).collect()
    }

    /// Consumers, vendors and people who are not signed in are refused, and nothing is written down.
    async fn is_for_the_staff_only(&self, document: &str, variables: Value) {
        for who in [&self.consumer, &self.vendor] {
            let refused = self.app.graphql(who, document, variables.clone()).await;
            assert_eq!(refused.refused(), ("FORBIDDEN", "Forbidden"), "{document}");
        }
        let newcomer = self.app.person("", None, "").await;
        let refused = self.app.graphql(&newcomer, document, variables.clone()).await;
        assert_eq!(refused.refused().0, "ONBOARDING_REQUIRED", "{document}");
        let refused = self.app.graphql(None, document, variables).await;
        assert_eq!(refused.refused().0, "UNAUTHENTICATED", "{document}");
        assert_eq!(self.app.number("SELECT count(*) FROM staff_action").await, 0);
    }
}

/// The code and the field of a refusal.
fn refusal(answer: &Answer) -> (&str, &str) {
    (answer.refused().0, answer.field())
}
