"""What a twin's model is owed: licences checked at every use, a ledger of uses that shows tampering, statements."""
