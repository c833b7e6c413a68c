package fault

// Held returns how much a line holds back, in messages and bytes.
func (l *Line) Held() int {
	return len(l.queue) + len(l.late) + len(l.lateIn) + len(l.before)
}
