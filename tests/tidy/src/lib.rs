//! Nothing: what is here are tests, without a dependency on the product.
