// Package setup reads an exchange's accounts and markets from JSON files.
//
// An accounts file:
//
//	{
//	  "accounts": [
//	    {
//	      "username": "demo",        // unique
//	      "password": "secret",      // none: no login by password
//	      "token": "demo-token",     // none: no login by token
//	      "email": "demo@example.com",
//	      "id": 13872755517445011,   // none: made from the place in the list
//	      "balance": "10000.00",     // currency units, at most eight decimals
//	      "suspended": false,        // orders are rejected
//	      "unverified": false,       // logins are refused
//	      "stake_limit": "500.00",   // the most that one order may risk
//	      "orders_max": 1000         // the most live orders
//	    }
//	  ]
//	}
//
// A markets file:
//
//	{
//	  "events": [{"id": 50000, "name": "Home v Away"}],
//	  "markets": [
//	    {
//	      "id": 100000,
//	      "event": 50000,            // none: belongs to no event
//	      "name": "Winner",
//	      "state": "LIVE",           // NEW, OPEN, LIVE or HALTED; none: OPEN
//	      "winner_takes_all": true,  // exactly one contract wins
//	      "pending_timeout": "8s",   // fills are provisional for so long while live
//	      "non_runners": false,      // contracts may be taken out
//	      "contracts": [{"id": 200000, "name": "Home"}]
//	    }
//	  ]
//	}
//
// (The remarks are not part of the format: JSON has none.) Only usernames, ids and
// contracts are required. Reading is strict: a field that is not listed above, a field
// given twice, or a value of another kind is refused with the file's name and the line.
// A byte order mark of UTF-8 at the start is skipped. Files are at most 16 MiB.
package setup
