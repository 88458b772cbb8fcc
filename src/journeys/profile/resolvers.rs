//! People and their onboarding in GraphQL.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::app::Role;
use crate::error::{Error, Result};
use crate::journeys::profile::verbs::{self, Basics, ConsumerDetails};
use crate::journeys::profile::{ConsumerProfile, ConsumerProfileOf, User};
use crate::request::{Reach, load};
use crate::values::{Date, optional_text, required_text, word};

/// Reads of the person who asks.
#[derive(Default)]
pub struct ProfileQuery;

#[Object]
impl ProfileQuery {
    /// The person who is signed in.
    async fn me(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.viewer()?.user_id;
        User::find(&mut *ctx.app()?.read().await?, user).await
    }
}

#[ComplexObject]
impl User {
    /// What the person told about themselves as a consumer; null before consumer onboarding.
    async fn consumer_profile(&self, ctx: &Context<'_>) -> Result<Option<ConsumerProfile>> {
        load(ctx, ConsumerProfileOf(self.phone.clone())).await
    }
}

word! {
    /// What a person may choose to be. Other roles are granted by the operator.
    OnboardingRole {
        /// Buys.
        Consumer = "consumer",
        /// Sells, in one shop.
        Vendor = "vendor",
    }
}

impl From<OnboardingRole> for Role {
    fn from(chosen: OnboardingRole) -> Role {
        match chosen {
            OnboardingRole::Consumer => Role::Consumer,
            OnboardingRole::Vendor => Role::Vendor,
        }
    }
}

/// What everybody tells about themselves. Texts have 1 to 100 characters; blanks around them are cut off.
#[derive(InputObject)]
pub struct BasicOnboardingInput {
    /// The person's name.
    name: String,
    /// The city they live in, as its shops spell it.
    city: String,
    /// The society they live in, as its shops spell it.
    society: String,
    /// What they want to do here. It cannot be changed later.
    role: OnboardingRole,
}

impl BasicOnboardingInput {
    fn check(self) -> Result<Basics> {
        let text = |field: &'static str, text: &str| {
            required_text(text, 100).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
        };
        Ok(Basics {
            name: text("name", &self.name)?,
            city: text("city", &self.city)?,
            society: text("society", &self.society)?,
            role: self.role.into(),
        })
    }
}

/// What a consumer tells about themselves. Everything may be left out; blank text counts as left out.
#[derive(InputObject)]
pub struct ConsumerOnboardingInput {
    /// Their flat, such as "B-1204"; at most 50 characters.
    flat_number: Option<String>,
    /// The address of their picture; at most 255 characters.
    profile_image_url: Option<String>,
    /// As they put it; at most 10 characters.
    gender: Option<String>,
    /// When they were born: from 1900 on, not in the future.
    date_of_birth: Option<Date>,
    /// The language they want to read; at most 20 characters.
    preferred_language: Option<String>,
}

impl ConsumerOnboardingInput {
    fn check(self, now: DateTime<Utc>) -> Result<ConsumerDetails> {
        let text = |field: &'static str, text: Option<String>, max| {
            optional_text(text.as_deref(), max)
                .map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
        };
        if let Some(Date(day)) = self.date_of_birth
            && (day > now.date_naive() || chrono::Datelike::year(&day) < 1900)
        {
            return Err(Error::bad_input(
                "dateOfBirth",
                "dateOfBirth is a day from 1900 on, not in the future",
            ));
        }
        Ok(ConsumerDetails {
            flat_number: text("flatNumber", self.flat_number, 50)?,
            profile_image_url: text("profileImageUrl", self.profile_image_url, 255)?,
            gender: text("gender", self.gender, 10)?,
            date_of_birth: self.date_of_birth,
            preferred_language: text("preferredLanguage", self.preferred_language, 20)?,
        })
    }
}

/// What a step of onboarding came to.
#[derive(SimpleObject)]
pub struct OnboardingPayload {
    /// A sentence to show.
    message: String,
    /// The person as they are now.
    user: User,
}

/// Onboarding.
#[derive(Default)]
pub struct ProfileMutation;

#[Object]
impl ProfileMutation {
    /// Says who the signed-in person is and what they want to do here. Tokens that were issued before go on to work.
    ///
    /// Once complete, later calls change nothing. Errors: `BAD_INPUT` that names the field.
    async fn complete_basic_onboarding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who the person is.")] input: BasicOnboardingInput,
    ) -> Result<OnboardingPayload> {
        let id = ctx.viewer()?.user_id;
        let basics = input.check()?;
        let app = ctx.app()?;
        let now = app.clock.now();
        let (completed, user) = app
            .write(async move |conn| {
                let completed = verbs::complete_basic(conn, id, &basics, now).await?;
                Ok((completed, User::find(conn, id).await?))
            })
            .await?;
        app.sessions.forget(id);
        let message =
            if completed { "Basic onboarding complete" } else { "Basic onboarding already complete" };
        Ok(OnboardingPayload { message: message.to_owned(), user })
    }

    /// Completes the signed-in consumer's profile.
    ///
    /// Errors: `BAD_INPUT` that names the field; `CONFLICT` before basic onboarding and when it was completed before.
    async fn complete_consumer_onboarding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the consumer tells about themselves.")] input: ConsumerOnboardingInput,
    ) -> Result<OnboardingPayload> {
        let id = ctx.consumer()?.user_id;
        let app = ctx.app()?;
        let now = app.clock.now();
        let details = input.check(now)?;
        let user =
            app.write(async move |conn| verbs::complete_consumer(conn, id, &details, now).await).await?;
        Ok(OnboardingPayload { message: "Consumer onboarding done".to_owned(), user })
    }
}
