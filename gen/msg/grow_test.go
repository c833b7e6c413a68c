package msg

import "testing"

// TestMemoryInsideElementsIsLetGo fills one slot of a snapshot far beyond an honest book and takes it into
// use again: it keeps no more than KeptMax elements, and small books keep their memory.
func TestMemoryInsideElementsIsLetGo(t *testing.T) {
	var m MarketQuotes
	c := m.AddContractQuotes()
	for range KeptMax + 1 {
		c.AddBids()
		c.AddExecutions()
	}
	c.AddOffers()
	m.Reset()
	c = m.AddContractQuotes()
	if cap(c.bids) != 0 || cap(c.executions) != 0 || cap(c.offers) == 0 {
		t.Errorf("kept %d bids, %d executions, %d offers", cap(c.bids), cap(c.executions), cap(c.offers))
	}
}
