//! The customers' pages and the staff's console, through their routers
