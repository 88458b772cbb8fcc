DROP TABLE wishlist_item;
