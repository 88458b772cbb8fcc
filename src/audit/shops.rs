//! Ratings.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[Check {
    // A shop may come with a rating; from its first rated order on it is the average.
    name: "shop rating",
    by: By::Sql(
        "SELECT 'shop ' || shop.id AS what,
             format('%s over %s, %s on average', rating_total, rating_count, rating) AS found,
             format('%s over %s, %s on average', COALESCE(given.total, 0), COALESCE(given.count, 0),
                 COALESCE(given.total::DOUBLE PRECISION / given.count::DOUBLE PRECISION, rating)) AS expected
         FROM shop LEFT JOIN (
             SELECT shop_id, SUM(rating) AS total, count(*) AS count FROM order_rating GROUP BY shop_id
         ) AS given ON given.shop_id = shop.id",
    ),
}];
