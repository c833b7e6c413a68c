// Package agents adds other participants to an exchange: makers that quote around a random walk of a
// fair price, and takers that trade with the best level. What they do follows from a seed, and when from
// the clock readings that are passed in.
package agents
