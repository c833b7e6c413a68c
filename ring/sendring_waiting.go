package ring

// Waiting returns how many kept frames have unsent bytes. Reserve refuses when it
// is all of the index, so an owner that has something more important to send
// later stops before that.
func (f *SendRing) Waiting() int { return f.waiting }
