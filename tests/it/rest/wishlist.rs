//! The wishlist on the legacy paths.

use serde_json::json;

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

#[tokio::test]
async fn the_wishlist_is_kept_and_moved_to_the_cart() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let item = json!({"item_id": app.item(shop, "Rice", "50.25", 10).await.0});
    assert_eq!(client.get(&who, "/consumer/wishlist").await.ok()["wishlist"], json!([]));
    for message in ["Item added to wishlist", "Item already in wishlist"] {
        let added = client.post(&who, "/consumer/wishlist/add", item.clone()).await.ok();
        assert_eq!(added, json!({"status": "success", "message": message}));
    }
    let entry = client.get(&who, "/consumer/wishlist").await.ok()["wishlist"][0].clone();
    assert_fields(
        &entry,
        "id int, item_id int, title str, item_name str, brand str?, price number, mrp number?, unit str?, \
         pack_size str?, image_url str?, available bool, shop_id int, shop_name str, is_open bool, added_at str",
    );
    assert!(entry["added_at"].as_str().unwrap().ends_with('Z'), "{entry}");
    client.post(&who, "/consumer/cart/add", json!({"item_id": entry["item_id"]})).await.ok();
    assert_eq!(client.get(&who, "/consumer/wishlist").await.ok()["wishlist"][0], entry);

    let removed = client.post(&who, "/consumer/wishlist/remove", item.clone()).await.ok();
    assert_eq!(removed["message"], "Item removed from wishlist");
    let again = client.post(&who, "/consumer/wishlist/remove", item).await;
    assert_eq!(again.refused(), (404, "Item not found in wishlist"));
    for body in [json!({}), json!({"item_id": "x"}), json!({"item_id": null}), json!({"item_id": 999_999})] {
        let reply = client.post(&who, "/consumer/wishlist/add", body.clone()).await;
        assert_eq!(reply.refused(), (404, "Item not available"), "{body}");
        let reply = client.post(&who, "/consumer/wishlist/remove", body.clone()).await;
        assert_eq!(reply.refused(), (404, "Item not found in wishlist"), "{body}");
    }
}
