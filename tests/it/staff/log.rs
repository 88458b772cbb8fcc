use serde_json::{Value, json};

use super::{Desk, LOG, refusal};

#[tokio::test]
async fn the_log_is_for_the_staff_only() {
    let desk = Desk::begin().await;
    desk.is_for_the_staff_only(LOG, json!({})).await;
    assert_eq!(desk.run(&desk.admin, LOG, json!({})).await["nodes"], json!([]));
}

#[tokio::test]
async fn what_the_staff_does_with_offers_and_tickets_is_written_down_and_what_others_do_is_not() {
    let desk = Desk::begin().await;
    let offer = "code: \"SAVE\", title: \"Save\", discountType: PERCENT, discountValue: 12.5";
    let create = format!("mutation {{ createOffer(input: {{{offer}}}) {{ offer {{ id }} }} }}");
    let id = desk.run(&desk.staff, &create, json!({})).await["offer"]["id"].clone();
    let own = create.replace("SAVE", "MINE");
    desk.run(&desk.vendor, &own, json!({})).await;
    let update =
        "mutation($id: ID!, $input: UpdateOfferInput!) { updateOffer(id: $id, input: $input) { message } }";
    let changes = json!({"title": "Save more", "description": null, "totalLimit": 9, "isActive": false});
    desk.run(&desk.admin, update, json!({"id": id, "input": changes})).await;
    desk.app.graphql(&desk.staff, &create, json!({})).await.refused();

    let open =
        "mutation { openSupportTicket(input: {subject: \"Wallet\", message: \"Where?\"}) { message } }";
    desk.run(&desk.consumer, open, json!({})).await;
    let reply = "mutation { replyToSupportTicket(ticketId: 1, message: \"Soon, B-1204\", idempotencyKey: \"r\") { message } }";
    for _ in 0..2 {
        desk.run(&desk.staff, reply, json!({})).await;
    }
    desk.run(&desk.consumer, &reply.replace("\"r\"", "\"own\""), json!({})).await;
    let close = "mutation { setSupportTicketStatus(ticketId: 1, status: CLOSED) { message } }";
    for _ in 0..2 {
        desk.run(&desk.staff, close, json!({})).await;
    }

    let entry = |action, kind, id: &str, detail, who| {
        json!({"action": action, "targetKind": kind, "targetId": id, "reason": null, "detail": detail,
            "actor": {"name": who}})
    };
    let expected = [
        entry("TICKET_STATUS_SET", "SUPPORT_TICKET", "1", "in_progress to closed", "Staff"),
        entry("TICKET_REPLIED", "SUPPORT_TICKET", "1", "message 2", "Staff"),
        entry(
            "OFFER_UPDATED",
            "OFFER",
            "1",
            "title: Save more; description: none; totalLimit: 9; isActive: false",
            "Admin",
        ),
        entry("OFFER_CREATED", "OFFER", "1", "SAVE: 12.50 percent", "Staff"),
    ];
    assert_eq!(desk.log(json!({})).await, expected);
}

#[tokio::test]
async fn the_log_is_read_by_page_by_person_and_by_what_was_acted_on_with_two_statements() {
    let desk = Desk::begin().await;
    let feature = "mutation($shop: ID!, $on: Boolean!) {
        setShopFeatured(shopId: $shop, featured: $on, reason: \"Season\") { message } }";
    for on in [true, false, true] {
        desk.run(&desk.staff, feature, json!({"shop": desk.shop, "on": on})).await;
    }
    let (other, _) = desk.app.shop("Daily Basket").await;
    desk.run(&desk.admin, feature, json!({"shop": other, "on": true})).await;
    let look = "query($phone: Phone!) { userByPhone(phone: $phone) { joinedAt } }";
    desk.run(&desk.staff, look, json!({"phone": desk.consumer.phone})).await;

    let count = async |filter: Value| desk.log(filter).await.len();
    assert_eq!(count(json!({})).await, 5);
    assert_eq!(count(json!({"actorId": desk.staff.user_id})).await, 4);
    assert_eq!(count(json!({"targetKind": "SHOP"})).await, 4);
    assert_eq!(count(json!({"targetKind": "SHOP", "targetId": desk.shop})).await, 3);
    assert_eq!(count(json!({"targetKind": "USER", "targetId": desk.shop})).await, 0);
    assert_eq!(count(json!({"targetKind": "SHOP", "actorId": desk.admin.user_id})).await, 1);
    let half = json!({"filter": {"targetId": desk.shop}});
    let refused = desk.app.graphql(&desk.staff, LOG, half).await;
    assert_eq!(refusal(&refused), ("BAD_INPUT", "targetKind"));
    let refused = desk.app.graphql(&desk.staff, LOG, json!({"first": 101})).await;
    assert_eq!(refusal(&refused), ("BAD_INPUT", "first"));

    let (page, statements) = desk.app.statements(desk.run(&desk.staff, LOG, json!({"first": 2}))).await;
    assert_eq!((page["nodes"][0]["action"].clone(), statements), (json!("USER_LOOKED_UP"), 2));
    let after = json!({"first": 10, "after": page["pageInfo"]["endCursor"]});
    let (rest, statements) = desk.app.statements(desk.run(&desk.staff, LOG, after)).await;
    let acts: Vec<&str> =
        rest["nodes"].as_array().unwrap().iter().map(|act| act["action"].as_str().unwrap()).collect();
    assert_eq!((acts, statements), (vec!["SHOP_FEATURED", "SHOP_UNFEATURED", "SHOP_FEATURED"], 2));
    assert_eq!(rest["pageInfo"]["hasNextPage"], json!(false));
}
