package ring

// Memory is a block of bytes claimed once and given back once.
//
// On Linux the block is an anonymous private mapping: the garbage collector
// neither scans nor counts it, it starts on a page boundary, its pages are
// there before the first use ([NewMemoryOnDemand] leaves them to the first
// use), and it is left out of core dumps, because frames may carry credentials.
// Elsewhere it is ordinary memory from make.
//
// Behind the block lie slack bytes that may be read, so that a decoder may load
// whole words beyond the last byte. They start as zeros.
//
//	| Bytes() ........................ | slack ...... | rest of the page |
//	0                                  n              n+slack
//
// Memory is not freed by the garbage collector, for slices of the block would
// not keep it alive. Whoever claimed it calls Close.
type Memory struct {
	block []byte // as claimed, page rounded on Linux; nil after Close
	n     int
	slack int
}

// NewMemory claims n bytes with slack readable bytes behind them. It returns a
// [*LimitError] if n is not in 1..1 GiB or slack not in 0..64 KiB, and the
// system's error, wrapped, if the system refuses.
func NewMemory(n, slack int) (*Memory, error) { return newMemory(n, slack, false) }

// NewMemoryOnDemand is [NewMemory] for a block of which most may never be used:
// on Linux a page costs memory from its first use on. It is for owners of many
// blocks, such as a server with one for each connection.
func NewMemoryOnDemand(n, slack int) (*Memory, error) { return newMemory(n, slack, true) }

func newMemory(n, slack int, onDemand bool) (*Memory, error) {
	if err := within("Memory bytes", n, 1, memoryBytesMax); err != nil {
		return nil, err
	}
	if err := within("Memory slack", slack, 0, memorySlackMax); err != nil {
		return nil, err
	}
	block, err := claim(n+slack, onDemand)
	if err != nil {
		return nil, err
	}
	return &Memory{block: block, n: n, slack: slack}, nil
}

// Bytes returns the block: n bytes, and a capacity of n so that an append
// copies instead of running into the slack. It is valid until Close; touching
// it afterwards ends the process with a memory fault. After Close it
// returns nil.
func (m *Memory) Bytes() []byte {
	if m.block == nil {
		return nil
	}
	return m.block[:m.n:m.n]
}

// Overread returns the block with its slack reachable: length n, capacity
// n+Slack(). It is for decoders that read beyond the end of what they decode;
// nothing may be appended to it. It is valid until Close, like Bytes.
func (m *Memory) Overread() []byte {
	if m.block == nil {
		return nil
	}
	return m.block[: m.n : m.n+m.slack]
}

// Slack returns how many bytes behind the block may be read: as many as were
// asked for, and 0 after Close.
func (m *Memory) Slack() int {
	if m.block == nil {
		return 0
	}
	return m.slack
}

// Close gives the block back. No slice of it may be touched afterwards: on
// Linux the pages are gone. Closing again does nothing and returns nil.
func (m *Memory) Close() error {
	block := m.block
	m.block = nil
	if block == nil {
		return nil
	}
	return giveBack(block)
}
