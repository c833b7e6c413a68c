// Package smkprom exports what an engine counts and measures to Prometheus: a Collector for a registry, and an Admin
// server with metrics, health and profiles on one loopback port. README.md names every metric; grafana and alerts hold
// a board and alert rules that use them.
//
// A scrape costs the engine's loop one call between two events, of a microsecond or so, for the trading state; all
// else is copied from what the loop publishes anyway. Labels are the account's alias and closed enumerations: never a
// market, a contract or an order, of which there are too many.
package smkprom
