-- Counts as they were booked at each hand-over; never restated. A gap other than 0 is an alarm.
SELECT
    received_hour,
    event_type,
    door,
    received,
    bronze,
    quarantined,
    dropped,
    replayed,
    received + replayed - bronze - quarantined - dropped AS delivery_gap,
    silver,
    duplicates,
    conflicts,
    waiting,
    erased,
    expired,
    damaged,
    bronze - silver - duplicates - conflicts - waiting - erased - expired - damaged AS silver_gap
FROM (
    SELECT
        hour AS received_hour,
        event_type,
        door,
        SUM(CASE WHEN kind = 'received' THEN count ELSE 0 END) AS received,
        SUM(CASE WHEN kind = 'bronze' THEN count ELSE 0 END) AS bronze,
        SUM(CASE WHEN kind = 'quarantined' THEN count ELSE 0 END) AS quarantined,
        SUM(CASE WHEN kind = 'dropped' THEN count ELSE 0 END) AS dropped,
        SUM(CASE WHEN kind = 'replayed' THEN count ELSE 0 END) AS replayed,
        SUM(CASE WHEN kind = 'silver' THEN count ELSE 0 END) AS silver,
        SUM(CASE WHEN kind = 'duplicates' THEN count ELSE 0 END) AS duplicates,
        SUM(CASE WHEN kind = 'conflicts' THEN count ELSE 0 END) AS conflicts,
        SUM(CASE WHEN kind = 'waiting' THEN count ELSE 0 END) AS waiting,
        SUM(CASE WHEN kind = 'erased' THEN count ELSE 0 END) AS erased,
        SUM(CASE WHEN kind = 'expired' THEN count ELSE 0 END) AS expired,
        SUM(CASE WHEN kind = 'damaged' THEN count ELSE 0 END) AS damaged
    FROM ledger.booking
    WHERE kind <> 'refused_requests'
    GROUP BY 1, 2, 3
) AS booked
