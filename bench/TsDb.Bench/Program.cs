Console.Error.WriteLine("This program is not built yet.");
return 1;
