package odds

// ParsePrice reads a price from odds in any form that people write, told apart by their
// look, and rounds by r what lies between two prices:
//
//	25% 18.87%           percent, exact
//	3 to 1  3/1  Evens   fractional
//	+300 -110            American, with its sign
//	4 4.0 1.01           decimal
//
// Errors are *[ParseError], around [ErrPrice] or [ErrOdds] if no price has these odds.
func ParsePrice[T ~string | ~[]byte](s T, r Rounding) (Price, error) {
	if at, err := checkLength(s); err != nil {
		return 0, refuse("price", s, at, err)
	}
	var p Price
	var err error
	switch formOf(s) {
	case '%':
		return ParsePercent(s)
	case '+':
		var a American
		if a, err = ParseAmerican(s); err != nil {
			return 0, err
		}
		p, err = a.Price(r)
	case '/':
		var f Fraction
		if f, err = ParseFraction(s); err != nil {
			return 0, err
		}
		p, err = f.Price(r)
	default:
		var d Decimal
		if d, err = ParseDecimal(s); err != nil {
			return 0, err
		}
		p, err = d.Price(r)
	}
	if err != nil {
		return 0, refuse("price", s, 0, err)
	}
	return p, nil
}

// formOf tells the forms apart by the first byte that gives one away.
func formOf[T ~string | ~[]byte](s T) byte {
	if s[len(s)-1] == '%' {
		return '%'
	}
	for i := range len(s) {
		switch c := s[i]; {
		case (c == '+' || c == '-') && i == 0:
			return '+'
		case c == '/', isLetter(c):
			return '/'
		}
	}
	return '.'
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
