package engine

// DialTCP is the dialer of those who bring none.
var DialTCP = dialTCP
