// Package bench measures what the hot path costs: the stages of a message in the library, each by the calls of
// production, and the machine instructions of each path.
//
//	go test -run '^$' -bench . ./bench
//	go test -count=1 -run TestInstructions -v ./bench
//
// The messages come from one fixed seed. The branch predictor learns feeds of one message; executed_var, quotes_var and
// mixed hold thousands of different ones and are the honest numbers. bench/compare, a module of its
// own, measures the same stages and other libraries beside floors in interleaved rounds, and judges the goals.
package bench
