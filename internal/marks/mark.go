// Package marks counts which odd branches of the engine were taken, to find out what the proof has not tried.
//
// Each mark stands for one branch: a gap begins, a cancel finds the order gone, a limit refuses. In a usual build it
// is nothing, and [Hit] leaves no instruction behind. Built with the tag smkmarks it is counted, for all goroutines
// together.
package marks

// Mark is a branch.
type Mark uint16

// String describes the branch.
func (m Mark) String() string {
	if m < Count {
		return names[m]
	}
	return "unknown mark"
}
