//! The corporate internet bank, one folder per business area
