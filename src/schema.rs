// @generated automatically by Diesel CLI.

diesel::table! {
    cart (user_id) {
        user_id -> Int8,
        shop_id -> Nullable<Int8>,
        updated_at -> Timestamptz,
        points -> Int8,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    cart_item (id) {
        id -> Int8,
        user_id -> Int8,
        item_id -> Int8,
        quantity -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    consumer_address (id) {
        id -> Int8,
        user_id -> Int8,
        house_number -> Text,
        street -> Text,
        landmark -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    consumer_profile (id) {
        id -> Int8,
        user_phone -> Text,
        name -> Text,
        city -> Text,
        society -> Text,
        flat_number -> Nullable<Text>,
        profile_image_url -> Nullable<Text>,
        gender -> Nullable<Text>,
        date_of_birth -> Nullable<Date>,
        preferred_language -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    consumer_wallet (user_id) {
        user_id -> Int8,
        balance_paise -> Int8,
        created_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    coupon_redemption (id) {
        id -> Int8,
        offer_id -> Int8,
        user_id -> Int8,
        order_id -> Nullable<Int8>,
        status -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    event (id) {
        id -> Int8,
        xid -> Int8,
        kind -> Text,
        order_id -> Nullable<Int8>,
        seq -> Nullable<Int4>,
        user_id -> Nullable<Int8>,
        shop_id -> Nullable<Int8>,
        value -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_key (user_id, key) {
        user_id -> Int8,
        key -> Text,
        operation -> Text,
        arguments_hash -> Bytea,
        outcome -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    item (id) {
        id -> Int8,
        shop_id -> Int8,
        title -> Text,
        brand -> Nullable<Text>,
        description -> Nullable<Text>,
        price_paise -> Int8,
        mrp_paise -> Nullable<Int8>,
        discount -> Nullable<Float8>,
        quantity_in_stock -> Int4,
        unit -> Nullable<Text>,
        pack_size -> Nullable<Text>,
        category -> Nullable<Text>,
        tags -> Nullable<Text>,
        sku -> Nullable<Text>,
        expiry_date -> Nullable<Date>,
        image_url -> Nullable<Text>,
        is_available -> Bool,
        is_active -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    notification (id) {
        id -> Int8,
        user_id -> Int8,
        kind -> Text,
        title -> Text,
        body -> Text,
        target_id -> Nullable<Int8>,
        read_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    offer (id) {
        id -> Int8,
        code -> Text,
        title -> Text,
        description -> Nullable<Text>,
        discount_type -> Text,
        discount_value -> Int8,
        min_order_paise -> Int8,
        max_discount_paise -> Nullable<Int8>,
        shop_id -> Nullable<Int8>,
        starts_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        total_limit -> Nullable<Int4>,
        per_user_limit -> Int4,
        redeemed_count -> Int4,
        is_active -> Bool,
        created_by -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    order_action_log (id) {
        id -> Int8,
        order_id -> Int8,
        action -> Text,
        actor_id -> Int8,
        detail -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    order_issue (id) {
        id -> Int8,
        order_id -> Int8,
        shop_id -> Int8,
        user_id -> Int8,
        issue_type -> Text,
        description -> Text,
        status -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    order_item (id) {
        id -> Int8,
        order_id -> Int8,
        item_id -> Int8,
        name -> Text,
        unit -> Nullable<Text>,
        unit_price_paise -> Int8,
        quantity -> Int4,
        subtotal_paise -> Int8,
        ordered_quantity -> Int4,
    }
}

diesel::table! {
    order_message (id) {
        id -> Int8,
        order_id -> Int8,
        sender_id -> Int8,
        is_automatic -> Bool,
        message -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    order_rating (order_id) {
        order_id -> Int8,
        shop_id -> Int8,
        rating -> Int4,
        review -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    order_return (id) {
        id -> Int8,
        order_id -> Int8,
        item_id -> Int8,
        quantity -> Int4,
        status -> Text,
        initiated_by -> Text,
        reason -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    order_status_log (id) {
        id -> Int8,
        order_id -> Int8,
        status -> Text,
        updated_by -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    orders (id) {
        id -> Int8,
        user_id -> Int8,
        shop_id -> Int8,
        status -> Text,
        payment_mode -> Text,
        payment_status -> Text,
        total_paise -> Int8,
        discount_paise -> Int8,
        final_paise -> Int8,
        delivery_notes -> Nullable<Text>,
        event_seq -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        held_paise -> Int8,
        delivery_address -> Nullable<Text>,
        coupon_code -> Nullable<Text>,
        coupon_discount_paise -> Int8,
        points_redeemed -> Int8,
        points_discount_paise -> Int8,
    }
}

diesel::table! {
    otp (id) {
        id -> Int8,
        phone -> Text,
        code_hash -> Bytea,
        attempts -> Int4,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        consumed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payment (id) {
        id -> Int8,
        user_id -> Int8,
        amount_paise -> Int8,
        status -> Text,
        receipt -> Text,
        provider_order_id -> Nullable<Text>,
        provider_payment_id -> Nullable<Text>,
        transaction_id -> Nullable<Int8>,
        look_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payout_account (vendor_id) {
        vendor_id -> Int8,
        bank_name -> Text,
        ifsc_code -> Text,
        account_number_sealed -> Bytea,
        account_last_four -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payout_request (id) {
        id -> Int8,
        shop_id -> Int8,
        amount_paise -> Int8,
        status -> Text,
        bank_name -> Text,
        ifsc_code -> Text,
        account_number_sealed -> Bytea,
        account_last_four -> Text,
        transaction_id -> Int8,
        refund_id -> Nullable<Int8>,
        created_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    promotion (id) {
        id -> Int8,
        title -> Text,
        body -> Text,
        city -> Text,
        society -> Nullable<Text>,
        offer_id -> Nullable<Int8>,
        status -> Text,
        recipients -> Int4,
        sent -> Int4,
        told_up_to -> Int8,
        created_by -> Int8,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reward_account (user_id) {
        user_id -> Int8,
        points -> Int8,
        lifetime_points -> Int8,
    }
}

diesel::table! {
    reward_ledger (id) {
        id -> Int8,
        user_id -> Int8,
        kind -> Text,
        points -> Int8,
        points_after -> Int8,
        order_id -> Int8,
        reference -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    shop (id) {
        id -> Int8,
        owner_id -> Int8,
        shop_name -> Text,
        shop_type -> Text,
        city -> Text,
        society -> Text,
        description -> Nullable<Text>,
        category_tags -> Nullable<Text>,
        logo_url -> Nullable<Text>,
        is_open -> Bool,
        delivers -> Bool,
        appointment_only -> Bool,
        featured -> Bool,
        verified -> Bool,
        rating -> Nullable<Float8>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        rating_total -> Int8,
        rating_count -> Int4,
    }
}

diesel::table! {
    shop_hours (shop_id, day_of_week) {
        shop_id -> Int8,
        day_of_week -> Int2,
        open_time -> Time,
        close_time -> Time,
    }
}

diesel::table! {
    staff_action (id) {
        id -> Int8,
        actor_id -> Int8,
        action -> Text,
        target_kind -> Text,
        target_id -> Int8,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        transaction_id -> Nullable<Int8>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    stock_movement (id) {
        id -> Int8,
        item_id -> Int8,
        order_id -> Nullable<Int8>,
        change -> Int4,
        reason -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    support_message (id) {
        id -> Int8,
        ticket_id -> Int8,
        sender -> Text,
        sender_id -> Int8,
        message -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    support_ticket (id) {
        id -> Int8,
        user_id -> Int8,
        subject -> Text,
        category -> Nullable<Text>,
        status -> Text,
        order_id -> Nullable<Int8>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    user_profile (id) {
        id -> Int8,
        phone -> Text,
        name -> Nullable<Text>,
        city -> Nullable<Text>,
        society -> Nullable<Text>,
        role -> Nullable<Text>,
        basic_onboarding_done -> Bool,
        role_onboarding_done -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        location_allowed -> Bool,
        marketing_opt_in -> Bool,
        data_sharing_allowed -> Bool,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    user_session (id) {
        id -> Int8,
        user_id -> Int8,
        face -> Text,
        device -> Nullable<Text>,
        refresh_hash -> Bytea,
        previous_refresh_hash -> Nullable<Bytea>,
        rotated_at -> Timestamptz,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoked_reason -> Nullable<Text>,
    }
}

diesel::table! {
    vendor_document (id) {
        id -> Int8,
        vendor_id -> Int8,
        document_type -> Text,
        file_url -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    vendor_profile (id) {
        id -> Int8,
        user_phone -> Text,
        business_type -> Text,
        business_name -> Text,
        address -> Text,
        gst_number -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    vendor_wallet (shop_id) {
        shop_id -> Int8,
        balance_paise -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    vendor_wallet_transaction (id) {
        id -> Int8,
        shop_id -> Int8,
        kind -> Text,
        source -> Text,
        amount_paise -> Int8,
        balance_after_paise -> Int8,
        reference -> Text,
        order_id -> Nullable<Int8>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    wallet_transaction (id) {
        id -> Int8,
        user_id -> Int8,
        kind -> Text,
        source -> Text,
        amount_paise -> Int8,
        balance_after_paise -> Int8,
        reference -> Text,
        order_id -> Nullable<Int8>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    wishlist_item (id) {
        id -> Int8,
        user_id -> Int8,
        item_id -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::joinable!(cart -> shop (shop_id));
diesel::joinable!(cart -> user_profile (user_id));
diesel::joinable!(cart_item -> cart (user_id));
diesel::joinable!(cart_item -> item (item_id));
diesel::joinable!(consumer_address -> user_profile (user_id));
diesel::joinable!(consumer_wallet -> user_profile (user_id));
diesel::joinable!(coupon_redemption -> offer (offer_id));
diesel::joinable!(coupon_redemption -> orders (order_id));
diesel::joinable!(coupon_redemption -> user_profile (user_id));
diesel::joinable!(idempotency_key -> user_profile (user_id));
diesel::joinable!(item -> shop (shop_id));
diesel::joinable!(notification -> user_profile (user_id));
diesel::joinable!(offer -> shop (shop_id));
diesel::joinable!(offer -> user_profile (created_by));
diesel::joinable!(order_action_log -> orders (order_id));
diesel::joinable!(order_action_log -> user_profile (actor_id));
diesel::joinable!(order_issue -> orders (order_id));
diesel::joinable!(order_issue -> shop (shop_id));
diesel::joinable!(order_issue -> user_profile (user_id));
diesel::joinable!(order_item -> item (item_id));
diesel::joinable!(order_item -> orders (order_id));
diesel::joinable!(order_message -> orders (order_id));
diesel::joinable!(order_message -> user_profile (sender_id));
diesel::joinable!(order_rating -> orders (order_id));
diesel::joinable!(order_rating -> shop (shop_id));
diesel::joinable!(order_status_log -> orders (order_id));
diesel::joinable!(order_status_log -> user_profile (updated_by));
diesel::joinable!(orders -> shop (shop_id));
diesel::joinable!(orders -> user_profile (user_id));
diesel::joinable!(payment -> user_profile (user_id));
diesel::joinable!(payment -> wallet_transaction (transaction_id));
diesel::joinable!(payout_account -> user_profile (vendor_id));
diesel::joinable!(payout_request -> shop (shop_id));
diesel::joinable!(promotion -> offer (offer_id));
diesel::joinable!(promotion -> user_profile (created_by));
diesel::joinable!(reward_account -> user_profile (user_id));
diesel::joinable!(reward_ledger -> orders (order_id));
diesel::joinable!(reward_ledger -> reward_account (user_id));
diesel::joinable!(shop -> user_profile (owner_id));
diesel::joinable!(shop_hours -> shop (shop_id));
diesel::joinable!(staff_action -> user_profile (actor_id));
diesel::joinable!(staff_action -> wallet_transaction (transaction_id));
diesel::joinable!(stock_movement -> item (item_id));
diesel::joinable!(stock_movement -> orders (order_id));
diesel::joinable!(support_message -> support_ticket (ticket_id));
diesel::joinable!(support_message -> user_profile (sender_id));
diesel::joinable!(support_ticket -> orders (order_id));
diesel::joinable!(support_ticket -> user_profile (user_id));
diesel::joinable!(user_session -> user_profile (user_id));
diesel::joinable!(vendor_document -> user_profile (vendor_id));
diesel::joinable!(vendor_wallet -> shop (shop_id));
diesel::joinable!(vendor_wallet_transaction -> orders (order_id));
diesel::joinable!(vendor_wallet_transaction -> vendor_wallet (shop_id));
diesel::joinable!(wallet_transaction -> consumer_wallet (user_id));
diesel::joinable!(wallet_transaction -> orders (order_id));
diesel::joinable!(wishlist_item -> item (item_id));
diesel::joinable!(wishlist_item -> user_profile (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    cart,
    cart_item,
    consumer_address,
    consumer_profile,
    consumer_wallet,
    coupon_redemption,
    event,
    idempotency_key,
    item,
    notification,
    offer,
    order_action_log,
    order_issue,
    order_item,
    order_message,
    order_rating,
    order_return,
    order_status_log,
    orders,
    otp,
    payment,
    payout_account,
    payout_request,
    promotion,
    reward_account,
    reward_ledger,
    shop,
    shop_hours,
    staff_action,
    stock_movement,
    support_message,
    support_ticket,
    user_profile,
    user_session,
    vendor_document,
    vendor_profile,
    vendor_wallet,
    vendor_wallet_transaction,
    wallet_transaction,
    wishlist_item,
);
