// Package docs holds the guides. The code in them is that of the examples in this
// folder, which run as tests, and a test compares the two.
package docs
