package odds

// TextBytesMax is the longest text that any Parse function looks at, in bytes.
// The longest amount takes less than half of it.
const TextBytesMax = 64

const (
	unitMax = MoneyMax / rateWhole // so that a unit times the parts of a rate stays in 64 bits

	stringBytes = 24 // the longest text that a String method makes

	oddsMax      = 1<<32 - 1 // decimal and fractional odds are held in 32 bits
	americanMax  = 1<<31 - 1
	americanEven = 100 // American odds count from here in both directions
)

// Relations that do not compile when they are broken.
const (
	_ = uint64(MoneyMax - Money(QuantityMax)*priceWhole)      // every payoff is an amount of money
	_ = uint64(oddsMax - decimalWhole*priceWhole)             // the longest decimal odds of a price fit
	_ = uint64(americanMax - americanEven*(priceWhole-1))     // and the longest American odds
	_ = uint64(1<<16 - 1 - TickCount)                         // a tick's index fits the table
	_ = uint64(TextBytesMax - 2*len("-92233720368.54775807")) // a text holds every amount
)
