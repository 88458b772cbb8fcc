//! Support: tickets from the question to the end, who sees them, and the answers that everybody can read.

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::harness::{Answer, Person, TestApp};

const OPEN: &str = "mutation($input: OpenSupportTicketInput!, $key: String) {
    openSupportTicket(input: $input, idempotencyKey: $key) {
        message ticket { id subject category status orderId messages { nodes { sender message } } } } }";
const REPLY: &str = "mutation($ticket: ID!, $text: String!, $key: String) {
    replyToSupportTicket(ticketId: $ticket, message: $text, idempotencyKey: $key) {
        message supportMessage { id sender message } ticket { status } } }";
const SET: &str = "mutation($ticket: ID!, $status: SupportTicketStatus!) {
    setSupportTicketStatus(ticketId: $ticket, status: $status) { message ticket { status } } }";
const READ: &str = "query($ticket: ID!, $first: Int, $after: String) { supportTicket(id: $ticket) {
    subject status consumerPhone
    messages(first: $first, after: $after) { nodes { sender message } pageInfo { hasNextPage endCursor } } } }";
const FAQS: &str = "query($search: String) { faqs(search: $search) { category question answer } }";

struct Desk {
    app: TestApp,
    who: Person,
    staff: Person,
}

impl Desk {
    async fn begin() -> Desk {
        Desk::on(TestApp::start().await).await
    }

    async fn on(app: TestApp) -> Desk {
        let who = app.consumer("First").await;
        let staff = app.person("Staff", Some(Role::Staff), "Green Meadows").await;
        Desk { app, who, staff }
    }

    async fn ask(&self, input: Value) -> Answer {
        self.app.graphql(&self.who, OPEN, json!({"input": input})).await
    }

    /// A ticket about the wallet; its id.
    async fn ticket(&self) -> Value {
        let input = json!({"subject": "Wallet", "message": "Where is my money?"});
        self.ask(input).await.ok()["openSupportTicket"]["ticket"]["id"].clone()
    }

    async fn reply(&self, who: &Person, ticket: &Value, text: &str) -> Answer {
        self.app.graphql(who, REPLY, json!({"ticket": ticket, "text": text})).await
    }

    async fn set(&self, ticket: &Value, status: &str) -> Answer {
        self.app.graphql(&self.staff, SET, json!({"ticket": ticket, "status": status})).await
    }

    async fn status(&self, ticket: &Value) -> Value {
        let read = self.app.graphql(&self.who, READ, json!({"ticket": ticket})).await;
        read.ok()["supportTicket"]["status"].clone()
    }

    async fn messages(&self) -> i64 {
        self.app.number("SELECT count(*) FROM support_message").await
    }

    /// Title, text and target of what the consumer was told, oldest first.
    async fn told(&self) -> Vec<Value> {
        let read = "{ notifications { nodes { kind title body target { screen id } } } }";
        let answer = self.app.graphql(&self.who, read, json!({})).await.ok();
        let mut told = answer["notifications"]["nodes"].as_array().unwrap().clone();
        told.reverse();
        told
    }
}

#[tokio::test]
async fn a_question_is_asked_answered_and_asked_again() {
    let desk = Desk::begin().await;
    let input = json!({"subject": " Wallet ", "message": "Where is\r\nmy money?", "category": "payment"});
    let opened = desk.ask(input).await.ok()["openSupportTicket"].clone();
    let ticket = opened["ticket"]["id"].clone();
    assert_eq!(
        opened,
        json!({"message": "Support ticket created", "ticket": {"id": ticket, "subject": "Wallet",
            "category": "payment", "status": "OPEN", "orderId": null,
            "messages": {"nodes": [{"sender": "CONSUMER", "message": "Where is\nmy money?"}]}}})
    );

    let replied = desk.reply(&desk.staff, &ticket, "On its way").await.ok()["replyToSupportTicket"].clone();
    assert_eq!(
        (&replied["message"], &replied["ticket"]["status"]),
        (&json!("Reply sent"), &json!("IN_PROGRESS"))
    );
    let replied = desk.reply(&desk.who, &ticket, "Thanks").await.ok()["replyToSupportTicket"].clone();
    assert_eq!(replied["supportMessage"]["sender"], "CONSUMER");

    for who in [&desk.who, &desk.staff] {
        let page = desk.app.graphql(who, READ, json!({"ticket": ticket, "first": 2})).await.ok();
        let read = &page["supportTicket"];
        assert_eq!(read["consumerPhone"], json!(desk.who.phone));
        let texts: Vec<&Value> =
            read["messages"]["nodes"].as_array().unwrap().iter().map(|message| &message["message"]).collect();
        assert_eq!(texts, ["Where is\nmy money?", "On its way"]);
        let after = json!({"ticket": ticket, "after": read["messages"]["pageInfo"]["endCursor"]});
        let page = desk.app.graphql(who, READ, after).await.ok();
        assert_eq!(
            page["supportTicket"]["messages"]["nodes"],
            json!([{"sender": "CONSUMER", "message": "Thanks"}])
        );
    }
}

#[tokio::test]
async fn the_consumer_hears_at_once_of_what_the_staff_writes_and_decides() {
    let desk = Desk::begin().await;
    let follow = "subscription { notificationAdded { notification { title target { screen id } } } }";
    let mut heard = desk.app.subscribe(&desk.who, follow, json!({})).await;
    let ticket = desk.ticket().await;
    let (reply, ()) = tokio::join!(heard.next(), async {
        desk.reply(&desk.staff, &ticket, "On\nits way").await.ok();
    });
    assert_eq!(
        reply.unwrap().ok()["notificationAdded"]["notification"],
        json!({"title": "Support replied", "target": {"screen": "SUPPORT", "id": ticket}})
    );

    desk.reply(&desk.who, &ticket, "Thanks").await.ok();
    desk.set(&ticket, "IN_PROGRESS").await.ok();
    desk.set(&ticket, "RESOLVED").await.ok();
    desk.set(&ticket, "RESOLVED").await.ok();
    desk.set(&ticket, "CLOSED").await.ok();
    let target = json!({"screen": "SUPPORT", "id": ticket});
    let expected = [
        ("Support replied", "Wallet: On its way"),
        ("Ticket resolved", "Wallet: solved. If it is not, your reply opens it again."),
        ("Ticket closed", "Wallet: closed. For anything else open a new ticket."),
    ];
    let expected = expected
        .map(|(title, body)| json!({"kind": "SUPPORT", "title": title, "body": body, "target": target}));
    assert_eq!(desk.told().await, expected);
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 3, "nobody else is told");
}

#[tokio::test]
async fn a_reply_opens_a_resolved_ticket_again_and_a_closed_one_takes_none() {
    let desk = Desk::begin().await;
    let ticket = desk.ticket().await;
    desk.set(&ticket, "RESOLVED").await.ok();
    desk.reply(&desk.staff, &ticket, "One more thing").await.ok();
    assert_eq!(desk.status(&ticket).await, "RESOLVED");
    desk.reply(&desk.who, &ticket, "It is not").await.ok();
    assert_eq!(desk.status(&ticket).await, "OPEN");

    desk.set(&ticket, "CLOSED").await.ok();
    let before = desk.messages().await;
    for who in [&desk.who, &desk.staff] {
        assert_eq!(desk.reply(who, &ticket, "Hello?").await.refused(), ("CONFLICT", "Ticket is closed"));
    }
    assert_eq!((desk.messages().await, desk.status(&ticket).await), (before, json!("CLOSED")));
    desk.set(&ticket, "OPEN").await.ok();
    desk.reply(&desk.who, &ticket, "Hello?").await.ok();
}

#[tokio::test]
async fn a_ticket_is_seen_by_its_consumer_and_the_staff_only() {
    let desk = Desk::begin().await;
    let ticket = desk.ticket().await;
    let neighbour = desk.app.consumer("Neighbour").await;
    let vendor = desk.app.vendor("Seller").await;
    let newcomer = desk.app.person("", None, "").await;
    for (who, code) in [(&neighbour, "NOT_FOUND"), (&vendor, "FORBIDDEN"), (&newcomer, "ONBOARDING_REQUIRED")]
    {
        let read = desk.app.graphql(who, READ, json!({"ticket": ticket})).await;
        assert_eq!(read.refused().0, code);
        assert_eq!(desk.reply(who, &ticket, "Hello").await.refused().0, code);
    }
    let unknown = desk.reply(&desk.who, &json!("999999"), "Hello").await;
    assert_eq!((unknown.refused(), unknown.field()), (("NOT_FOUND", "Ticket not found"), "ticketId"));
    for who in [&desk.who, &neighbour, &vendor] {
        let set = desk.app.graphql(who, SET, json!({"ticket": ticket, "status": "CLOSED"})).await;
        assert_eq!(set.refused(), ("FORBIDDEN", "Forbidden"));
        let all = desk.app.graphql(who, "{ allSupportTickets { nodes { id } } }", json!({})).await;
        assert_eq!(all.refused(), ("FORBIDDEN", "Forbidden"));
    }
    let own = desk.app.graphql(&neighbour, "{ supportTickets { nodes { id } } }", json!({})).await.ok();
    assert_eq!(own["supportTickets"]["nodes"], json!([]));
    assert_eq!((desk.messages().await, desk.status(&ticket).await), (1, json!("OPEN")));
}

#[tokio::test]
async fn lists_are_newest_first_and_chats_of_a_page_take_one_statement() {
    let desk = Desk::begin().await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(desk.ticket().await);
    }
    tickets.reverse();
    desk.set(&tickets[1], "RESOLVED").await.ok();
    let ids = |nodes: &Value| -> Vec<Value> {
        nodes.as_array().unwrap().iter().map(|node| node["id"].clone()).collect()
    };
    let list = "query($after: String) { supportTickets(first: 2, after: $after) {
        nodes { id messages { nodes { message } } } pageInfo { hasNextPage endCursor } } }";
    let (page, statements) = desk.app.statements(desk.app.graphql(&desk.who, list, json!({}))).await;
    let page = page.ok()["supportTickets"].clone();
    assert_eq!((ids(&page["nodes"]), statements), (tickets[..2].to_vec(), 2));
    assert_eq!(page["nodes"][0]["messages"]["nodes"], json!([{"message": "Where is my money?"}]));
    let rest = json!({"after": page["pageInfo"]["endCursor"]});
    let page = desk.app.graphql(&desk.who, list, rest).await.ok();
    assert_eq!(ids(&page["supportTickets"]["nodes"]), tickets[2..]);

    let all = "query($status: SupportTicketStatus) { allSupportTickets(status: $status) { nodes { id } } }";
    for (status, expected) in [
        (json!(null), tickets.clone()),
        (json!("RESOLVED"), vec![tickets[1].clone()]),
        (json!("OPEN"), vec![tickets[0].clone(), tickets[2].clone()]),
        (json!("CLOSED"), Vec::new()),
    ] {
        let page = desk.app.graphql(&desk.staff, all, json!({"status": status})).await.ok();
        assert_eq!(ids(&page["allSupportTickets"]["nodes"]), expected, "{status}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_named_and_leaves_no_ticket() {
    let desk = Desk::begin().await;
    for (input, field, message) in [
        (json!({"subject": " ", "message": "m"}), "subject", "subject must not be empty"),
        (
            json!({"subject": "s".repeat(151), "message": "m"}),
            "subject",
            "subject has 151 characters; at most 150 are allowed",
        ),
        (json!({"subject": "s", "message": "\n"}), "message", "message must not be empty"),
        (
            json!({"subject": "s", "message": "m".repeat(4_001)}),
            "message",
            "message has 4001 characters; at most 4000 are allowed",
        ),
        (
            json!({"subject": "s", "message": "m", "category": "c".repeat(51)}),
            "category",
            "category has 51 characters; at most 50 are allowed",
        ),
    ] {
        let refused = desk.ask(input).await;
        assert_eq!((refused.refused(), refused.field()), (("BAD_INPUT", message), field));
    }
    assert_eq!(desk.app.number("SELECT count(*) FROM support_ticket").await, 0);
}

#[tokio::test]
async fn a_ticket_names_an_own_order_and_no_other() {
    let desk = Desk::begin().await;
    let (shop, _) = desk.app.shop("Fresh Basket").await;
    let item = desk.app.item(shop, "Rice", "50", 10).await;
    let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 1) { message } }";
    desk.app.graphql(&desk.who, add, json!({"item": item})).await.ok();
    let confirm = "mutation { confirmOrder(input: {paymentMode: CASH}) { order { id } } }";
    let order =
        desk.app.graphql(&desk.who, confirm, json!({})).await.ok()["confirmOrder"]["order"]["id"].clone();
    let input = json!({"subject": "s", "message": "m", "orderId": order});
    assert_eq!(desk.ask(input.clone()).await.ok()["openSupportTicket"]["ticket"]["orderId"], order);

    let neighbour = desk.app.consumer("Neighbour").await;
    let unknown = json!({"subject": "s", "message": "m", "orderId": "999999"});
    for (who, input) in [(&neighbour, input), (&desk.who, unknown)] {
        let refused = desk.app.graphql(who, OPEN, json!({"input": input})).await;
        assert_eq!((refused.refused(), refused.field()), (("FORBIDDEN", "Unauthorized"), "orderId"));
    }
    assert_eq!(desk.app.number("SELECT count(*) FROM support_ticket").await, 1);
}

#[tokio::test]
async fn what_is_sent_again_with_its_key_stands_there_once() {
    let desk = Desk::begin().await;
    let input = json!({"subject": "s", "message": "m"});
    let variables = json!({"input": input, "key": "t-1"});
    let answers = join_all((0..4).map(|_| desk.app.graphql(&desk.who, OPEN, variables.clone()))).await;
    let ids: Vec<Value> =
        answers.into_iter().map(|answer| answer.ok()["openSupportTicket"]["ticket"]["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(desk.app.number("SELECT count(*) FROM support_ticket").await, 1);

    let variables = json!({"ticket": ids[0], "text": "Soon", "key": "r-1"});
    let answers = join_all((0..4).map(|_| desk.app.graphql(&desk.staff, REPLY, variables.clone()))).await;
    assert!(answers.into_iter().all(|answer| answer.errors.is_empty()));
    assert_eq!((desk.messages().await, desk.told().await.len()), (2, 1));
    desk.set(&ids[0], "CLOSED").await.ok();
    let again = desk.app.graphql(&desk.staff, REPLY, variables).await.ok();
    assert_eq!(again["replyToSupportTicket"]["supportMessage"]["message"], "Soon");
}

#[tokio::test]
async fn of_many_tickets_opened_at_once_fifty_are_and_solved_ones_make_room() {
    let desk = Desk::on(TestApp::with(&[("RATE_LIMITS", "off")]).await).await;
    let input = json!({"subject": "s", "message": "m"});
    let answers = join_all((0..55).map(|_| desk.ask(input.clone()))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 5);
    assert_eq!(refused[0].refused(), ("CONFLICT", "At most 50 tickets can be open"));
    assert_eq!(
        (desk.app.number("SELECT count(*) FROM support_ticket").await, desk.messages().await),
        (50, 50)
    );
    desk.app
        .sql("UPDATE support_ticket SET status = 'resolved' WHERE id = (SELECT min(id) FROM support_ticket)")
        .await;
    desk.ticket().await;
}

#[tokio::test]
async fn opening_tickets_is_limited_per_person() {
    let desk = Desk::begin().await;
    for _ in 0..20 {
        desk.ticket().await;
    }
    let refused = desk.ask(json!({"subject": "s", "message": "m"})).await;
    assert_eq!(refused.refused().0, "RATE_LIMITED");
    let neighbour = desk.app.consumer("Neighbour").await;
    let input = json!({"input": {"subject": "s", "message": "m"}});
    desk.app.graphql(&neighbour, OPEN, input).await.ok();
}

#[tokio::test]
async fn a_closing_and_a_reply_at_once_leave_no_reply_behind_the_end() {
    let desk = Desk::on(TestApp::with(&[("RATE_LIMITS", "off")]).await).await;
    for _ in 0..10 {
        let ticket = desk.ticket().await;
        let (closed, replied) =
            tokio::join!(desk.set(&ticket, "CLOSED"), desk.reply(&desk.who, &ticket, "Wait"));
        closed.ok();
        let texts = desk
            .app
            .number(&format!(
                "SELECT count(*) FROM support_message WHERE ticket_id = {}",
                ticket.as_str().unwrap()
            ))
            .await;
        match replied.errors.is_empty() {
            true => assert_eq!(texts, 2),
            false => assert_eq!((replied.refused(), texts), (("CONFLICT", "Ticket is closed"), 1)),
        }
        assert_eq!(desk.status(&ticket).await, "CLOSED");
    }
}

#[tokio::test]
async fn the_questions_and_answers_are_whole_and_asked_once() {
    let app = TestApp::start().await;
    let answer = app.graphql(None, FAQS, json!({})).await.ok();
    let faqs = answer["faqs"].as_array().unwrap();
    let file = include_str!("../../src/journeys/support/faq.md");
    assert_eq!(faqs.len(), file.lines().filter(|line| line.starts_with("###")).count());
    assert!(faqs.len() >= 25, "{}", faqs.len());
    let mut seen = std::collections::HashSet::new();
    for faq in faqs {
        let text = |key: &str| faq[key].as_str().unwrap().to_owned();
        assert!(!text("category").is_empty() && text("question").len() > 10, "{faq}");
        assert!(text("answer").len() > 30 && !text("answer").contains('#'), "{faq}");
        assert!(text("answer").ends_with('.'), "{faq}");
        assert!(seen.insert(text("question").to_lowercase()) && seen.insert(text("answer")), "{faq}");
    }
}

#[tokio::test]
async fn a_search_finds_the_best_answer_first() {
    let app = TestApp::start().await;
    for (search, first) in [
        ("how long is the CODE valid", "How long is a sign-in code valid?"),
        ("cancel", "Can I cancel an order?"),
        ("several shops", "Can I order from several shops at once?"),
        ("what is a point worth?", "What is a point worth?"),
        ("add money", "How do I add money to my wallet?"),
        ("returning something", "How do I return something?"),
        ("addresses", "How many addresses can I keep?"),
        ("coupon refused", "Why is my coupon refused?"),
        ("the tiers", "What are the tiers?"),
        ("wishlist", "What is the wishlist for?"),
    ] {
        let found = app.graphql(None, FAQS, json!({"search": search})).await.ok();
        assert_eq!(found["faqs"][0]["question"], first, "{search}");
    }
    let count = async |search: &str| {
        let found = app.graphql(None, FAQS, json!({"search": search})).await.ok();
        found["faqs"].as_array().unwrap().len()
    };
    let all = count("").await;
    assert_eq!((count("  ").await, count("how do I").await, count("zebra").await), (all, all, 0));
    assert!(count("wallet").await < all);
    let refused = app.graphql(None, FAQS, json!({"search": "x".repeat(101)})).await;
    assert_eq!((refused.refused().0, refused.field()), ("BAD_INPUT", "search"));
}
