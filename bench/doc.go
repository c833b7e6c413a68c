// Package bench measures what the hot path costs: turning payloads into values, values into
// payloads, a stream into frames and a message into the send ring.
//
// It has benchmarks only, each through the calls that production makes, and beside them floors: a
// copy of the same bytes and a loop that adds them up, which say what the machine itself asks.
//
//	go test -run '^$' -bench . ./bench
//
// The messages come from one fixed seed. Feeds of one message are learnt whole by the branch
// predictor; executed_var, quotes_var and mixed hold thousands of different ones and are the honest
// numbers. bench/compare, a module of its own, measures other libraries on the same messages in the
// same run.
package bench
