-- Whoever deletes their account closes their cart as they close their wallet: a change, or an order, that waited for it finds it
-- closed.
ALTER TABLE cart ADD COLUMN closed_at TIMESTAMPTZ;
UPDATE cart SET closed_at = deleted_at
FROM user_profile
WHERE user_profile.id = cart.user_id AND deleted_at IS NOT NULL;
