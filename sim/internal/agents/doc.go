// Package life gives an exchange other participants: makers that quote around a
// wandering fair price, and takers that trade with whoever is best. What they do
// follows from a seed, and when from the clock readings they are given.
package agents
