// Package latency counts durations in histograms of a fixed size, without pointers, locks or a clock: recording one
// takes about twenty instructions and allocates nothing.
//
// A Histogram is a plain value with one owner. Those of an engine belong to its loop, which publishes copies; see
// engine.Engine.Latency.
package latency
