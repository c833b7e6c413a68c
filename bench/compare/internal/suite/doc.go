// Package suite measures everything that the library promises about its speed, part by part, and
// judges it by the goals. What cannot be measured on a machine is said in the results.
package suite
