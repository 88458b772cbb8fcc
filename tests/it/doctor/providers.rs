//! Whether the doctor sees that codes go out and money comes in, without sending or taking any.

use std::time::{Duration, Instant};

use super::{PRODUCTION, Visit, visit};
use crate::harness::TestApp;
use crate::providers::line::{PROVIDERS_WORDS, Trouble};
use crate::providers::razorpay::{KEY_SECRET, LIVE_KEY_ID, Razorpay};
use crate::providers::twilio::{
    FROM, KEY, KEY_SECRET as TWILIO_SECRET, SERVICE, SHORT, SID, SPEAKS, TOKEN, Twilio,
};

/// With these settings beside those of the stub; later ones win.
async fn visit_twilio(app: &TestApp, twilio: &Twilio, settings: &[(&str, &str)]) -> Visit {
    visit(app, &[&twilio.settings()[..], settings].concat()).await
}

#[tokio::test]
async fn an_account_that_sends_codes_is_well_and_no_message_is_sent() {
    let (app, twilio) = (TestApp::start().await, Twilio::start().await);
    let report = visit_twilio(&app, &twilio, &[]).await.report;
    assert!(report.contains(&format!("ok     codes        Twilio's account {SID} is active")), "{report}");
    assert!(
        report.contains(&format!("ok     codes        messages come from {FROM}, which sends texts")),
        "{report}"
    );
    assert!(!report.contains(TOKEN));

    for (setting, from) in [("TWILIO_FROM", SHORT), ("TWILIO_MESSAGING_SERVICE_SID", SERVICE)] {
        let report = visit_twilio(&app, &twilio, &[(setting, from)]).await.report;
        assert!(
            report.contains("ok     codes        messages come from ") && report.contains(from),
            "{report}"
        );
    }
    let name = visit_twilio(&app, &twilio, &[("TWILIO_FROM", "MEADOW")]).await;
    assert!(name.note("codes").contains("MEADOW"));
    let asked = twilio.line.asked();
    assert!(asked.len() >= 8 && asked.iter().all(|asked| asked.what.starts_with("GET ")), "{asked:?}");
}

#[tokio::test]
async fn a_standard_key_is_tried_on_what_it_may_look_at() {
    let (app, twilio) = (TestApp::start().await, Twilio::start().await);
    let key = [("TWILIO_API_KEY_SID", KEY), ("TWILIO_API_KEY_SECRET", TWILIO_SECRET)];
    let good = visit_twilio(&app, &twilio, &key).await;
    assert!(good.good("codes").contains(&format!("Twilio accepts the key {KEY}")));

    let taken_back = visit_twilio(&app, &twilio, &[key[0], ("TWILIO_API_KEY_SECRET", "old")]).await;
    let wrong = taken_back.wrong("codes");
    assert!(
        wrong.contains(KEY) && wrong.contains("status 401") && wrong.contains("TWILIO_API_KEY_SECRET"),
        "{wrong}"
    );
}

#[tokio::test]
async fn an_account_that_cannot_send_is_told_with_the_setting_to_correct() {
    let (app, twilio) = (TestApp::start().await, Twilio::start().await);
    for (setting, value, seen, remedy) in [
        ("TWILIO_AUTH_TOKEN", "old", "status 401", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_ACCOUNT_SID", "ACffffffffffffffffffffffffffffffff", "status 401", "TWILIO_ACCOUNT_SID"),
        ("TWILIO_FROM", SPEAKS, "sends no texts", "capability SMS"),
        ("TWILIO_FROM", "+1415555010", "does not have", "Active numbers"),
        ("TWILIO_FROM", "52016", "does not have", "Active numbers"),
        (
            "TWILIO_MESSAGING_SERVICE_SID",
            "MGffffffffffffffffffffffffffffffff",
            "does not have",
            "Messaging, Services",
        ),
    ] {
        let wrong = visit_twilio(&app, &twilio, &[(setting, value)]).await.wrong("codes");
        assert!(wrong.contains(seen) && wrong.contains(remedy), "{setting}={value}: {wrong}");
    }
    twilio.stands("suspended", "Full");
    assert!(visit_twilio(&app, &twilio, &[]).await.wrong("codes").contains("is suspended"));
    twilio.stands("active", "Trial");
    assert!(visit_twilio(&app, &twilio, &[]).await.note("codes").contains("is a trial"));
}

#[tokio::test]
async fn an_account_that_takes_money_is_well_and_its_webhook_is_named() {
    let (app, razorpay) = (TestApp::start().await, Razorpay::start().await);
    let well = visit(&app, &razorpay.settings()).await;
    assert!(well.good("payments").contains("a key of its test mode"));
    assert!(!well.report.contains(KEY_SECRET));
    let asked: Vec<String> = razorpay.line.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(asked, ["GET /v1/orders?count=1"]);

    let live = [("RAZORPAY_KEY_ID", LIVE_KEY_ID)];
    let well = visit(&app, &[&razorpay.settings()[..], &PRODUCTION, &live].concat()).await;
    assert!(well.good("payments").contains(LIVE_KEY_ID));
    assert!(well.note("webhook").contains("https://app.example.org/webhooks/razorpay"));
    let real = visit(&app, &[&razorpay.settings()[..], &live].concat()).await;
    assert!(real.note("payments").contains("real money"));
}

#[tokio::test]
async fn a_key_that_takes_no_money_is_told_with_the_page_that_makes_another() {
    let (app, razorpay) = (TestApp::start().await, Razorpay::start().await);
    let old = visit(&app, &[&razorpay.settings()[..], &[("RAZORPAY_KEY_SECRET", "old")]].concat()).await;
    let wrong = old.wrong("payments");
    assert!(wrong.contains("status 401") && wrong.contains("RAZORPAY_KEY_SECRET"), "{wrong}");
    assert!(!old.is_well);

    let test = visit(&app, &[&razorpay.settings()[..], &PRODUCTION].concat()).await.wrong("payments");
    assert!(test.contains("money that nobody paid") && test.contains("live mode"), "{test}");
}

#[tokio::test]
async fn providers_that_are_down_or_hang_are_told_in_time() {
    let (app, twilio, razorpay) = (TestApp::start().await, Twilio::start().await, Razorpay::start().await);
    let settings = [twilio.settings(), razorpay.settings()].concat();
    for trouble in [Trouble::Answers(503), Trouble::Hangs, Trouble::GoesOn] {
        twilio.line.always(trouble);
        razorpay.line.always(trouble);
        let begun = Instant::now();
        let visit = visit(&app, &settings).await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{trouble:?}: {:?}", begun.elapsed());
        assert!(visit.wrong("codes").contains("status.twilio.com"), "{trouble:?}");
        assert!(visit.wrong("payments").contains("status.razorpay.com"), "{trouble:?}");
        assert!(!visit.report.contains(PROVIDERS_WORDS));
    }
    let nobody = [("TWILIO_URL", "http://127.0.0.1:1"), ("RAZORPAY_URL", "http://127.0.0.1:1")];
    let visit = visit(&app, &[&settings[..], &nobody].concat()).await;
    assert!(visit.wrong("codes").contains("http://127.0.0.1:1"));
    assert!(visit.wrong("payments").contains("http://127.0.0.1:1"));
}

#[tokio::test]
async fn who_sends_and_takes_nothing_is_told_so() {
    let app = TestApp::start().await;
    let development = visit(&app, &[]).await;
    assert!(development.note("codes").contains("codes are in the log"));
    assert!(development.note("payments").contains("nobody paid"));
    assert!(visit(&app, &[("DEV_OTP", "123456")]).await.note("codes").contains("DEV_OTP"));
    let production = visit(&app, &PRODUCTION).await;
    assert!(production.note("codes").contains("nobody else can sign in"));
    assert!(production.note("payments").contains("wallets cannot be loaded"));
}
