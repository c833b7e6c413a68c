// Package natstest runs NATS servers with JetStream inside a test: one, or a cluster of three on loopback, which can be
// stopped and started again on what they stored.
package natstest
