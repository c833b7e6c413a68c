package quote

// Quoter compares wanted quotes with own orders.
type Quoter struct {
	config Config
}

// New returns a Quoter with all its memory, or ErrConfig.
func New(c Config) (*Quoter, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	return &Quoter{config: c}, nil
}

const notBuilt = "BUG: not built yet"

// Set makes t the wish for a contract, in place of the one before.
func (q *Quoter) Set(c Contract, t Two) error { panic(notBuilt) }

// SetLevels is Set with several levels a side. They are copied.
func (q *Quoter) SetLevels(c Contract, bids, asks []Level, t Tolerance) error { panic(notBuilt) }

// Pull takes all quotes of a contract away until the next Set.
func (q *Quoter) Pull(c Contract) { panic(notBuilt) }

// PullAll takes all quotes away.
func (q *Quoter) PullAll() { panic(notBuilt) }

// Retry makes a contract forget refusals, so that the next step tries at once.
func (q *Quoter) Retry(c Contract) { panic(notBuilt) }

// Forget frees the room of a contract without wish and orders, else it returns ErrInUse.
func (q *Quoter) Forget(c Contract) error { panic(notBuilt) }

// Hold sets or clears reasons not to quote at all.
func (q *Quoter) Hold(r Reasons, on bool) { panic(notBuilt) }

// HoldMarket sets or clears reasons not to quote the contracts of a market that are known.
func (q *Quoter) HoldMarket(market uint32, r Reasons, on bool) { panic(notBuilt) }

// HoldContract sets or clears reasons not to quote a contract.
func (q *Quoter) HoldContract(c Contract, r Reasons, on bool) error { panic(notBuilt) }

// Apply takes over an own order as it stands. It is called after every change of every own order.
func (q *Quoter) Apply(o *Order) error { panic(notBuilt) }

// Step returns what is to be sent now, cancels first. The slice is valid until the next step.
func (q *Quoter) Step(now int64, b Budget) []Action { panic(notBuilt) }

// Sent reports that an action of the last step was sent. key names the order that it makes.
func (q *Quoter) Sent(a *Action, key uint64) error { panic(notBuilt) }

// Refused reports that an action of the last step was not sent, and from when on it may be tried again.
func (q *Quoter) Refused(a *Action, r Refusal, until int64) { panic(notBuilt) }

// NextWake returns the clock reading at which Step has something to do without any other call.
func (q *Quoter) NextWake() (at int64, ok bool) { panic(notBuilt) }
