// Package goal holds what the library promises about its speed: one table of ratios, each with the
// limit to keep and the limit to aim for, and what a measurement says of them.
package goal
