// These tests wait for turns and intervals rather than work: four at a time on two processors take half as long as two.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
