-- Remembers whom the receipts of a message are for, and returns the receipt that came before.
-- KEYS link   ARGV target, keep ms
redis.call('HSET', KEYS[1], 'to', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HGET', KEYS[1], 'rc')
