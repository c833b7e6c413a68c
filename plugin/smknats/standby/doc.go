// Package standby runs the engine of an account on one of several machines: on the one that has the lease. The others
// wait, and one of them takes over when the holder dies, cannot reach the servers any more, is stopped, or hands over.
//
// [Run] contends for the lease (package lease). When it has it, and the deadline of the holder before has passed, it
// takes the newest state of the account's engine from a bucket, restores the log if it keeps one, makes an engine whose
// Config.Fence is the lease's and whose references have the lease's term, calls Start with it, and runs it: that logs
// in, has the exchange repeat what happened on the account since the state was saved, and lets nothing leave before it
// has caught up with it. The state is saved to the bucket, from memory, every State.SaveEvery while the engine runs,
// and in the end.
//
// An engine whose lease ends sends nothing any more and ends with engine.ErrFenced; Run then contends again.
//
// The page docs/standby.md says how to run it, what is guaranteed under which assumptions, and what is not.
package standby
