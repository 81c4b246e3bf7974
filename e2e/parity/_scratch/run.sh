cd /work/main; rm -f /tmp/parity/probe.txt; touch /tmp/parity/probe.txt
timeout ${T:-150} npx vitest run --config e2e/parity/_scratch/vitest.config.mjs e2e/parity/_scratch/$1.probe.ts > /tmp/parity/run.log 2>&1; grep -E "Tests|FAIL|Error:" /tmp/parity/run.log | head -20
cat /tmp/parity/probe.txt
