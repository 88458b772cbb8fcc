//! Signing in and sessions in GraphQL.

use std::time::Duration;

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::app::{App, Limit, Outage, TokenKind, Twilio, Unsent, Unverified};
use crate::config::{Environment, OtpDelivery};
use crate::error::{Code, Error, Result};
use crate::journeys::auth::Session;
use crate::journeys::auth::model::Ending;
use crate::journeys::auth::otp::{self, OneTimeCode};
use crate::journeys::auth::tokens::Issuer;
use crate::journeys::auth::verbs::{self, Attempt, Refresh, SignedIn};
use crate::journeys::profile::User;
use crate::meters::Otp;
use crate::request::{List, Page, Reach};
use crate::values::{Phone, SessionId};

/// When it is worth another try where somebody has to set something right first.
const NOT_SET_UP: Duration = Duration::from_secs(60);
const UNREACHABLE: &str = "phone cannot receive text messages. Check the number, or use another one";

/// Reads of sessions.
#[derive(Default)]
pub struct AuthQuery;

#[Object]
impl AuthQuery {
    /// The devices on which the signed-in person is signed in, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Session>> {
        let user = ctx.viewer()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let app = ctx.app()?;
        let rows = Session::live_of_user(&mut *app.read().await?, user, &page, app.clock.now()).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

#[ComplexObject]
impl Session {
    /// Whether this is the session that asks.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.viewer()?.session_id == self.id)
    }
}

/// What sending a code came to.
#[derive(SimpleObject)]
pub struct SendOtpPayload {
    /// A sentence to show.
    message: String,
    /// For how many seconds the code is valid.
    expires_in: i32,
}

/// A session's tokens.
#[derive(SimpleObject)]
pub struct SessionPayload {
    /// A sentence to show.
    message: String,
    /// Proves who asks: the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// Gets the next pair of tokens, once: the argument of `refreshSession`.
    refresh_token: String,
    /// For how many seconds the access token is valid.
    expires_in: i32,
    /// The person who is signed in.
    user: User,
}

/// What signing out came to.
#[derive(SimpleObject)]
pub struct LogoutPayload {
    /// A sentence to show.
    message: String,
}

/// What signing out on several devices came to.
#[derive(SimpleObject)]
pub struct LogoutAllPayload {
    /// A sentence to show.
    message: String,
    /// How many sessions ended.
    revoked: i32,
}

/// What ending a session came to.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// A sentence to show.
    message: String,
    /// The session that ended.
    id: SessionId,
}

/// Signing in and out.
#[derive(Default)]
pub struct AuthMutation;

#[Object]
impl AuthMutation {
    /// Sends a one-time code to a phone. Only the newest code of a phone is valid.
    ///
    /// The answer is the same whether or not the phone is known. Errors: `BAD_INPUT` that names `phone`, also for a number
    /// that no text message can reach; `RATE_LIMITED` with `retryAfter`; `PROVIDER_UNAVAILABLE` with `retryAfter` while
    /// messages cannot be sent: offer to try again then; `FORBIDDEN` where codes are not sent at all.
    async fn send_otp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The phone that is to receive the code.")] phone: Phone,
    ) -> Result<SendOtpPayload> {
        let scope = ctx.scope()?;
        let app = &scope.app;
        if app.config.otp_delivery == OtpDelivery::Off && app.config.dev_otp.is_none() {
            return Err(Error::forbidden("Sign-in codes are not available"));
        }
        // While no message goes out, the code that waits stays good, and nothing is counted.
        if let Some(Err(outage)) = app.text_messages.as_ref().map(Twilio::check) {
            return Err(not_sent(outage));
        }
        // The prefix last: refused attempts must not use up what its other numbers share.
        app.limiters.check(Limit::OtpPerAddress, &scope.network())?;
        app.limiters.check(Limit::OtpPerPhone, phone.as_str())?;
        app.limiters.check(Limit::OtpPerPrefix, phone.prefix())?;
        let code = match &app.config.dev_otp {
            Some(code) => OneTimeCode::parse(code)?,
            None => OneTimeCode::random(),
        };
        let (receiver, hash, now) = (phone.clone(), code.hash(&app.keys, &phone), app.clock.now());
        app.write(async move |conn| verbs::keep_code(conn, &receiver, &hash, now).await).await?;
        deliver(app, &phone, &code).await?;
        app.meters.otp(Otp::Sent);
        let expires_in = i32::try_from(otp::LIFETIME.num_seconds()).unwrap_or(i32::MAX);
        Ok(SendOtpPayload { message: "OTP sent".to_owned(), expires_in })
    }

    /// Signs in with the code that the phone received. The first sign-in of a phone creates its user.
    ///
    /// Errors: `BAD_INPUT` for what is not six digits; `OTP_INVALID` for a code that is wrong, used, older than ten
    /// minutes, or was guessed at five times: let them type it again, or ask for a new one; `RATE_LIMITED` with `retryAfter`.
    async fn verify_otp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The phone that received the code.")] phone: Phone,
        #[graphql(desc = "The six digits.")] otp: String,
    ) -> Result<SessionPayload> {
        let scope = ctx.scope()?;
        let code = OneTimeCode::parse(&otp)?;
        scope.app.limiters.check(Limit::VerifyPerAddress, &scope.network())?;
        scope.app.limiters.check(Limit::VerifyPerPhone, phone.as_str())?;
        let attempt = Attempt { phone, code, face: scope.face, device: scope.user_agent.clone() };
        let (app, now) = (scope.app.clone(), scope.app.clock.now());
        let signed_in = scope
            .app
            .write(async move |conn| verbs::sign_in(conn, &attempt, &Issuer::of(&app), now).await)
            .await?;
        scope.app.meters.otp(if signed_in.is_some() { Otp::Verified } else { Otp::Refused });
        let signed_in = signed_in.ok_or_else(|| Error::new(Code::OtpInvalid, "Invalid or expired OTP"))?;
        SessionPayload::of(&scope.app, "Signed in", signed_in)
    }

    /// Gets the next pair of tokens; the refresh token is used up by it.
    ///
    /// Used once more within ten seconds, it gives the same pair again (two tabs, a lost answer). After that its
    /// session ends, because someone has a copy. Errors: `UNAUTHENTICATED`, `TOKEN_EXPIRED`: sign in again.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The newest refresh token of the session.")] refresh_token: String,
    ) -> Result<SessionPayload> {
        let scope = ctx.scope()?;
        let app = &scope.app;
        app.limiters.check(Limit::RefreshPerAddress, &scope.network())?;
        let now = app.clock.now();
        let invalid = || Error::new(Code::Unauthenticated, "invalid token");
        let claims = app.keys.verify(refresh_token.trim(), now).map_err(|reason| match reason {
            Unverified::Invalid => invalid(),
            Unverified::Expired => Error::new(Code::TokenExpired, "token expired"),
        })?;
        if claims.kind != TokenKind::Refresh {
            return Err(Error::new(Code::Unauthenticated, "expected refresh token"));
        }
        let (user, issuing) = (claims.sub, app.clone());
        let came_of_it = app
            .write(async move |conn| verbs::refresh(conn, &claims, &Issuer::of(&issuing), now).await)
            .await?;
        match came_of_it {
            Refresh::Renewed(signed_in) => SessionPayload::of(app, "Session refreshed", *signed_in),
            Refresh::Refused => Err(invalid()),
            Refresh::Reused => {
                app.sessions.forget(user);
                Err(invalid())
            }
        }
    }

    /// Signs this device out: both tokens of its session are refused from now on.
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        let viewer = ctx.viewer()?;
        end(ctx, viewer.session_id, Ending::Logout).await?;
        Ok(LogoutPayload { message: "Logged out".to_owned() })
    }

    /// Signs the person out on all devices, this one included.
    async fn logout_all(&self, ctx: &Context<'_>) -> Result<LogoutAllPayload> {
        let user = ctx.viewer()?.user_id;
        let app = ctx.app()?;
        let now = app.clock.now();
        let ended =
            app.write(async move |conn| Session::end_all(conn, user, Ending::LogoutAll, now).await).await?;
        app.sessions.forget(user);
        ctx.scope()?.end();
        let revoked = i32::try_from(ended).unwrap_or(i32::MAX);
        Ok(LogoutAllPayload { message: "Logged out from all devices".to_owned(), revoked })
    }

    /// Signs the person out on all their other devices; this one stays signed in.
    ///
    /// Errors: `UNAUTHENTICATED` when another device signed this one out meanwhile.
    async fn logout_others(&self, ctx: &Context<'_>) -> Result<LogoutAllPayload> {
        let (user, staying) = (ctx.viewer()?.user_id, ctx.viewer()?.session_id);
        let app = ctx.app()?;
        let now = app.clock.now();
        let ended = app.write(async move |conn| verbs::end_others(conn, user, staying, now).await).await?;
        app.sessions.forget(user);
        let revoked = i32::try_from(ended).unwrap_or(i32::MAX);
        Ok(LogoutAllPayload { message: "Logged out from all other devices".to_owned(), revoked })
    }

    /// Signs one of the person's devices out. Errors: `NOT_FOUND`.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One of your own sessions.")] id: SessionId,
    ) -> Result<RevokeSessionPayload> {
        if !end(ctx, id, Ending::Revoked).await? {
            return Err(Error::not_found("Session not found"));
        }
        Ok(RevokeSessionPayload { message: "Session ended".to_owned(), id })
    }
}

impl SessionPayload {
    fn of(app: &App, message: &str, signed_in: SignedIn) -> Result<SessionPayload> {
        let SignedIn { user, session, name } = signed_in;
        let pair = Issuer::of(app).pair(&session, &name)?;
        Ok(SessionPayload {
            message: message.to_owned(),
            expires_in: pair.expires_in(app.clock.now()),
            access_token: pair.access,
            refresh_token: pair.refresh,
            user,
        })
    }
}

/// Ends one of the viewer's sessions, for the next request of it already. `false` when it is not live, or not theirs.
async fn end(ctx: &Context<'_>, session: SessionId, why: Ending) -> Result<bool> {
    let (user, own) = (ctx.viewer()?.user_id, ctx.viewer()?.session_id);
    let app = ctx.app()?;
    let now = app.clock.now();
    let ended = app.write(async move |conn| verbs::end(conn, user, session, why, now).await).await?;
    app.sessions.forget(user);
    if session == own {
        ctx.scope()?.end();
    }
    Ok(ended)
}

/// Hands a code to its phone. Called after the commit: a code that is not stored must not be sent, and no lock may wait for a
/// provider.
async fn deliver(app: &App, phone: &Phone, code: &OneTimeCode) -> Result<()> {
    match (app.config.otp_delivery, app.config.environment) {
        // The one line that shows a phone and a code, for the developer who signs in.
        (OtpDelivery::Console, Environment::Development) => {
            tracing::info!(target: "otp", "the code of {phone} is {}", code.as_str());
            Ok(())
        }
        (OtpDelivery::Twilio, _) => {
            let Some(twilio) = &app.text_messages else {
                return Err(not_sent(Outage { retry_after: NOT_SET_UP }));
            };
            let text = app.config.otp_text.replace("{code}", code.as_str());
            twilio.send(phone, &text).await.map_err(|unsent| match unsent {
                Unsent::Unreachable => Error::bad_input("phone", UNREACHABLE),
                Unsent::Outage(outage) => not_sent(outage),
            })
        }
        (OtpDelivery::Console | OtpDelivery::Off, _) => Ok(()),
    }
}

fn not_sent(outage: Outage) -> Error {
    Error::unavailable("The code could not be sent. Please try again in a moment.", outage.retry_after)
}
