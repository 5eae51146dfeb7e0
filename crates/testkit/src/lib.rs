//! Test material made to order.
