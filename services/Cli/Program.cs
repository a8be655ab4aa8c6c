using Holdfast.Cli;

return await Tool.RunAsync(args, Surroundings.OfProcess());
